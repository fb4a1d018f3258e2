import { Failure } from '../../core/failures.ts'
import { TELEPHONE_EVENT_BYTES, TelephoneEventSender } from '../../dsp/telephone-event.ts'
import { ToneGenerator } from '../../dsp/tone-generator.ts'
import { dtmfTone, type ToneSegment } from '../../dsp/tones.ts'
import type { EventFormat } from '../agreement.ts'
import { frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'
import type { Transmitter } from './transmitter.ts'

const KEY_MS = 100
const GAP_MS = 100
const PAUSE_MS: Readonly<Record<string, number>> = { w: 500, W: 1000, ',': 500 }
const MOST_KEYS = 256
/** Calls of `press` and `forward` that can wait when keys go out as tones. */
const MOST_TONES = 32
/** A key of the other side is passed on as long as it was pressed, within these. */
const SHORTEST_KEY_MS = 60
const LONGEST_KEY_MS = 2000
const KEYS = /^[0-9*#A-Da-dwW,]+$/
const TONE_DBFS = -10
/** Tones are made at this rate, and brought to that of the leg. */
const TONE_RATE_HZ = 8000

function inBand(digits: string, durationMs: number): ToneGenerator {
  const segments = [...digits].flatMap((digit): readonly ToneSegment[] => {
    const pauseMs = PAUSE_MS[digit]
    if (pauseMs !== undefined) return [{ frequenciesHz: [], durationMs: pauseMs }]
    return dtmfTone(digit, durationMs, GAP_MS).segments
  })
  return new ToneGenerator({ segments, rounds: 1, levelDbfs: TONE_DBFS }, TONE_RATE_HZ)
}

const senderOf = (clockRateHz: EventFormat['rateHz']): TelephoneEventSender =>
  new TelephoneEventSender({ clockRateHz, tickSamples: clockRateHz / 50 })

/**
 * Presses keys towards the peer: as telephone events (RFC 4733) where it takes them, else as tones. Keys
 * have the leg to themselves: nothing else is sent in the ticks in which it is `busy`.
 */
export class Keypad {
  #clockHz: EventFormat['rateHz'] = 8000
  #senderClockHz = this.#clockHz
  #sender = senderOf(this.#clockHz)
  readonly #payload = new Uint8Array(TELEPHONE_EVENT_BYTES)
  /** Tones still to come, the current one first. */
  #tones: ToneGenerator[] = []
  readonly #toneFrame = new Int16Array(frameSamples(TONE_RATE_HZ))
  #converter = new FrameConverter(TONE_RATE_HZ, TONE_RATE_HZ)
  #waiting: (() => void)[] = []

  /** The leg's rate from now on. */
  tune(rateHz: PcmRateHz): void {
    if (rateHz !== this.#converter.toHz) this.#converter = new FrameConverter(TONE_RATE_HZ, rateHz)
  }

  /** The clock of events from now on; those under way end on the old one. */
  set clockHz(clockHz: EventFormat['rateHz']) {
    this.#clockHz = clockHz
  }

  get busy(): boolean {
    return this.#tones.length > 0 || this.#sender.busy
  }

  /**
   * Presses 0-9, *, #, A-D; `w` and `,` pause for half a second, `W` for one. Resolves when all is sent.
   * @throws Failure `invalid_request` for other characters and for more than 256 keys at once.
   */
  press(digits: string, asEvents: boolean, durationMs = KEY_MS): Promise<void> {
    if (!KEYS.test(digits) || digits.length > MOST_KEYS) {
      throw new Failure('invalid_request', 'Digits are 1 to 256 of 0-9, *, #, A-D, w', 'digits')
    }
    this.#begin(digits, asEvents, durationMs)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** A key that the other side of a bridge pressed; dropped when too many wait already. */
  forward(digit: string, asEvents: boolean, durationMs: number): void {
    const pressedMs = Math.min(LONGEST_KEY_MS, Math.max(SHORTEST_KEY_MS, durationMs))
    try {
      this.#begin(digit, asEvents, pressedMs)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
    }
  }

  #begin(digits: string, asEvents: boolean, durationMs: number): void {
    try {
      if (asEvents) this.#currentSender().press(digits, durationMs, GAP_MS)
      else if (this.#tones.length < MOST_TONES) this.#tones.push(inBand(digits, durationMs))
      else throw new RangeError('too many tones waiting')
    } catch (cause) {
      throw new Failure('invalid_request', 'Too many digits wait', 'digits', { cause })
    }
  }

  #currentSender(): TelephoneEventSender {
    if (this.#senderClockHz !== this.#clockHz && !this.#sender.busy) {
      this.#senderClockHz = this.#clockHz
      this.#sender = senderOf(this.#clockHz)
    }
    return this.#sender
  }

  /** One tick while busy. Sends an event itself; returns false when `pcm` is to be sent instead. */
  tick(out: Transmitter, maySend: boolean, pcm: Int16Array, nowMs: number): boolean {
    const sent = this.#tick(out, maySend, pcm, nowMs)
    if (!this.busy) this.#settle()
    return sent
  }

  #tick(out: Transmitter, maySend: boolean, pcm: Int16Array, nowMs: number): boolean {
    const tone = this.#tones[0]
    if (tone) {
      tone.next(this.#toneFrame, 0, this.#toneFrame.length)
      pcm.set(this.#converter.convert(this.#toneFrame))
      if (tone.done) this.#tones.shift()
      return false
    }
    pcm.fill(0)
    const sender = this.#sender
    if (sender.tick(this.#payload, 0) === 0) return false
    if (maySend) out.event(this.#payload, sender.marker, sender.timestampOffsetSamples, nowMs)
    return true
  }

  /** Forgets what waits; nobody is left waiting. */
  close(): void {
    this.#tones = []
    this.#sender.stop()
    this.#settle()
  }

  #settle(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const done of waiting) done()
  }
}
