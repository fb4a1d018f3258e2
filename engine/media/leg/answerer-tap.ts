import { AnswererDetector, type Detection, type DetectionOptions } from '../../dsp/amd.ts'
import type { PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'

const DETECTOR_RATE_HZ = 8000

/** Listens to a leg's phone until it is known who has answered. Allocates nothing in the tick. */
export class AnswererTap {
  /** Null: the leg has ended before, or has gone to another thread, or somebody else listens now. */
  readonly found: Promise<Detection | null>
  readonly #detector: AnswererDetector
  readonly #resolve: (detection: Detection | null) => void
  #converter: FrameConverter

  constructor(options: DetectionOptions, rateHz: PcmRateHz) {
    const { promise, resolve } = Promise.withResolvers<Detection | null>()
    this.found = promise
    this.#resolve = resolve
    this.#detector = new AnswererDetector(options)
    this.#converter = new FrameConverter(rateHz, DETECTOR_RATE_HZ)
  }

  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.#converter.fromHz) return
    this.#converter = new FrameConverter(rateHz, DETECTOR_RATE_HZ)
  }

  hear(heard: Int16Array): void {
    this.#detector.hear(this.#converter.convert(heard))
    const { detection } = this.#detector
    if (detection) this.#resolve(detection)
  }

  close(): void {
    this.#resolve(null)
  }
}
