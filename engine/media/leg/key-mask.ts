import type { RecordingSpan } from '../../core/ports/recordings.ts'
import { DtmfDetector } from '../../dsp/dtmf-detector.ts'
import { ALIGNED_MS } from './aligner.ts'
import { FRAME_MS, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'
import type { Recorder } from './recorder.ts'

/** A key that is pressed as a tone is certain 57 ms after its beginning (DtmfDetector, and a frame). */
const DELAY_FRAMES = 6
/** After its end: sound and silence of a tone do not end on a frame. */
const AFTER_FRAMES = 2
/** What the phone says while it tells of a key comes here so much later (Aligner). */
const ALIGNED_FRAMES = ALIGNED_MS / FRAME_MS
const DETECTOR_HZ = 8000

/** Where it stands, so that another thread goes on with it. */
export interface KeyMaskState {
  /** In the file. */
  readonly frames: number
  readonly spans: readonly RecordingSpan[]
}

interface Frame {
  readonly left: Int16Array
  readonly right: Int16Array
}

/**
 * Silence in place of keys that are pressed, on its way into a file: those that a phone tells (`hush`), and those that
 * can be heard on either channel, as from a phone that tells them and plays them too. All is written 120 ms later, so
 * that their beginning is silent too. Allocates nothing but for spans.
 */
export class KeyMask implements Recorder {
  readonly #recorder: Recorder
  readonly #ears: readonly Ear[]
  readonly #samples: number
  /** The oldest first, from `#at` on, once all are filled. */
  readonly #waiting: readonly Frame[]
  #at = 0
  #filled = 0
  #frames: number
  /** Silence from now on. */
  #holdFrames = 0
  #spans: readonly RecordingSpan[]
  /** Of the span that has begun. */
  #startMs: number | undefined
  readonly #spanEnded: () => void

  constructor(
    recorder: Recorder,
    rateHz: PcmRateHz,
    state?: KeyMaskState,
    spanEnded: () => void = () => undefined,
  ) {
    this.#recorder = recorder
    this.#spanEnded = spanEnded
    this.#samples = frameSamples(rateHz)
    this.#ears = [new Ear(rateHz), new Ear(rateHz)]
    this.#frames = state?.frames ?? 0
    this.#spans = state?.spans ?? []
    this.#waiting = Array.from({ length: DELAY_FRAMES }, () => ({
      left: new Int16Array(this.#samples),
      right: new Int16Array(this.#samples),
    }))
  }

  /** A key is pressed just now, by what its phone tells. */
  hush(): void {
    this.#cover(ALIGNED_FRAMES + AFTER_FRAMES)
  }

  write(left: Int16Array, right: Int16Array): void {
    const hears = this.#ears[0]!.hear(left)
    if (this.#ears[1]!.hear(right) || hears) this.#cover(AFTER_FRAMES + 1)
    const frame = this.#waiting[this.#at]!
    if (this.#filled === DELAY_FRAMES) this.#pass(frame)
    else this.#filled += 1
    this.#at = (this.#at + 1) % DELAY_FRAMES
    if (this.#holdFrames > 0) {
      frame.left.fill(0)
      frame.right.fill(0)
      this.#holdFrames -= 1
      if (this.#holdFrames === 0) this.#endSpan()
    } else {
      frame.left.set(left)
      frame.right.set(right)
    }
  }

  /** So far; one that has begun ends now. */
  get spans(): readonly RecordingSpan[] {
    return this.#startMs === undefined ? this.#spans : [...this.#spans, this.#span(this.#startMs)]
  }

  get state(): KeyMaskState {
    return { frames: this.#frames + this.#filled, spans: this.spans }
  }

  close(goesOn?: boolean): ReturnType<Recorder['close']> {
    const first = this.#filled < DELAY_FRAMES ? 0 : this.#at
    const left = this.#filled
    if (this.#startMs !== undefined) this.#endSpan()
    for (let n = 0; n < left; n++) this.#pass(this.#waiting[(first + n) % DELAY_FRAMES]!)
    this.#filled = 0
    return this.#recorder.close(goesOn)
  }

  #pass({ left, right }: Frame): void {
    this.#frames += 1
    this.#recorder.write(left, right, this.#samples)
  }

  #cover(frames: number): void {
    for (let n = 0; n < DELAY_FRAMES; n++) {
      this.#waiting[n]!.left.fill(0)
      this.#waiting[n]!.right.fill(0)
    }
    this.#startMs ??= this.#frames * FRAME_MS
    this.#holdFrames = Math.max(this.#holdFrames, frames)
  }

  #endSpan(): void {
    this.#spans = this.spans
    this.#startMs = undefined
    this.#spanEnded()
  }

  #span(startMs: number): RecordingSpan {
    return { kind: 'masked', startMs, endMs: (this.#frames + this.#filled) * FRAME_MS }
  }
}

/** Hears whether a key is pressed on a channel. */
class Ear {
  readonly #converter: FrameConverter
  readonly #detector = new DtmfDetector({
    onStart: () => {
      this.#isPressed = true
    },
    onDigit: () => {
      this.#isPressed = false
    },
  })
  #isPressed = false

  constructor(rateHz: PcmRateHz) {
    this.#converter = new FrameConverter(rateHz, DETECTOR_HZ)
  }

  /** At the end of the frame, or somewhere in it. */
  hear(frame: Int16Array): boolean {
    const was = this.#isPressed
    this.#detector.process(this.#converter.convert(frame), 0, frameSamples(DETECTOR_HZ))
    return was || this.#isPressed
  }
}
