import type { RecordLayout } from '../../core/ports/media.ts'
import { frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'
import type { Recorder } from './recorder.ts'

/** Of recordings, whatever the rate of the leg. */
const TAPE_RATE_HZ = 8000
const SAMPLES = frameSamples(TAPE_RATE_HZ)
const silentFrame = new Int16Array(SAMPLES)

/** Both sides of a leg on their way to a recorder, a channel each. */
export class Tape {
  readonly #recorder: Recorder
  readonly #receivedIsLeft: boolean
  #heard = new FrameConverter(TAPE_RATE_HZ, TAPE_RATE_HZ)
  #said = new FrameConverter(TAPE_RATE_HZ, TAPE_RATE_HZ)

  constructor(recorder: Recorder, layout: RecordLayout) {
    this.#recorder = recorder
    this.#receivedIsLeft = layout === 'receivedLeft'
  }

  /** The leg's rate from now on. */
  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.#heard.fromHz) return
    this.#heard = new FrameConverter(rateHz, TAPE_RATE_HZ)
    this.#said = new FrameConverter(rateHz, TAPE_RATE_HZ)
  }

  write(heard: Int16Array, said: Int16Array): void {
    const received = this.#heard.convert(heard)
    const sent = this.#said.convert(said)
    if (this.#receivedIsLeft) this.#recorder.write(received, sent, SAMPLES)
    else this.#recorder.write(sent, received, SAMPLES)
  }

  /** So many ticks were left out. */
  skip(ticks: number): void {
    for (let n = 0; n < ticks; n++) this.#recorder.write(silentFrame, silentFrame, SAMPLES)
  }
}
