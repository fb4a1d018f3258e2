import { DtmfDetector } from '../../dsp/dtmf-detector.ts'
import { FRAME_MS, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'

/** When keys are looked for in the sound of a peer. `auto`: unless it may send them as events (RFC 4733). */
export type InbandDtmf = 'auto' | 'always' | 'off'

/** Of the detector. */
const RATE_HZ = 8000
/** In how much time sound falls to silence where it is cut, and comes back. */
const RAMP_MS = 2

/**
 * Keys that a peer presses as tones: finds them in what it sends, frame by frame, and cuts them out of it, so that
 * neither the other side nor a recording hears them. Without delay: of each key up to 12 ms remain (3 ms in the mean;
 * `DtmfDetector`), and the ramp down; with a leg at another rate than 8 kHz 3 ms more, which its resampler takes.
 */
export class ToneKeys {
  readonly #detector: DtmfDetector
  #converter = new FrameConverter(RATE_HZ, RATE_HZ)
  #wasCut = false
  #isPressed = false
  /** The last sample that was heard. */
  #last = 0

  /** Told once a key press, when it is over. */
  constructor(onDigit: (digit: string, durationMs: number) => void) {
    this.#detector = new DtmfDetector({
      onStart: () => {
        this.#isPressed = true
      },
      onDigit: (...key) => {
        this.#isPressed = false
        onDigit(...key)
      },
    })
  }

  /** For certain. */
  get isPressed(): boolean {
    return this.#isPressed
  }

  /** The leg's rate from now on. */
  tune(rateHz: PcmRateHz): void {
    if (rateHz !== this.#converter.fromHz) this.#converter = new FrameConverter(rateHz, RATE_HZ)
  }

  /** Takes what was heard in a tick; what belongs to a key is not in it any more afterwards. */
  hear(heard: Int16Array): void {
    const isCut = this.#detector.process(this.#converter.convert(heard), 0, frameSamples(RATE_HZ))
    const ramp = Math.floor((heard.length * RAMP_MS) / FRAME_MS)
    const last = heard[heard.length - 1]!
    if (isCut) {
      heard.fill(0)
      if (!this.#wasCut) for (let i = 0; i < ramp; i++) heard[i] = this.#last * (1 - i / ramp)
    } else if (this.#wasCut) {
      for (let i = 0; i < ramp; i++) heard[i] = (heard[i]! * i) / ramp
    }
    this.#wasCut = isCut
    this.#last = isCut ? 0 : last
  }

  /** The sound begins anew; a key that is pressed is over. */
  reset(): void {
    this.#detector.reset()
    this.#isPressed = false
  }
}
