import {
  digitOfEvent,
  MAX_EVENT_DURATION,
  TELEPHONE_EVENT_BYTES,
} from './telephone-event-payload.ts'

export interface TelephoneEventReceiverOptions {
  /** Called once a key press, when its end is known. */
  readonly onDigit: (digit: string, durationMs: number) => void
  /** Called once a key press, with its first packet that arrives. */
  readonly onStart?: (digit: string) => void
  readonly clockRateHz?: number
  /** A press whose end packets are all lost is over after this long without packets. */
  readonly silenceMs?: number
}

/**
 * Timestamps nearer than this can not be two presses of one key: senders that (against section
 * 2.5.1.2) move the timestamp with every packet are understood all the same.
 */
const SAME_PRESS_MS = 50

/**
 * Turns telephone-event packets into key presses. A press is its event timestamp; whichever of its
 * packets arrive, in whatever order and number, it is reported exactly once: at its first end
 * packet, at the first packet of a later press, or after a silence (`tick`).
 */
export class TelephoneEventReceiver {
  /** Payloads too short to be an event. */
  malformed = 0
  /** Well-formed events that are no key (flash, tones). */
  ignored = 0
  /** Packets of presses already over and followed by another. */
  outdated = 0

  readonly #onDigit: (digit: string, durationMs: number) => void
  readonly #onStart: ((digit: string) => void) | undefined
  readonly #clockRateHz: number
  readonly #silenceMs: number

  #known = false
  #reported = false
  #event = -1
  #timestamp = 0
  /** Units told by the segments before this one. */
  #earlierDuration = 0
  #duration = 0
  #heardSinceTick = false
  #lastHeardMs = 0

  constructor(options: TelephoneEventReceiverOptions) {
    this.#onDigit = options.onDigit
    this.#onStart = options.onStart
    this.#clockRateHz = options.clockRateHz ?? 8000
    this.#silenceMs = options.silenceMs ?? 100
  }

  /** True between the first packet of a press and its report. */
  get pressed(): boolean {
    return this.#known && !this.#reported
  }

  /**
   * Takes one packet's payload. The marker bit and the sequence number are not needed: timestamps
   * tell presses apart even when the packet with the marker is lost.
   */
  packet(
    payload: Uint8Array,
    offset: number,
    length: number,
    timestamp: number,
    marker: boolean,
    _sequence: number,
  ): void {
    if (length < TELEPHONE_EVENT_BYTES || offset + length > payload.length) {
      this.malformed += 1
      return
    }
    const event = payload[offset]!
    if (digitOfEvent(event) === '') {
      this.ignored += 1
      return
    }
    const ended = (payload[offset + 1]! & 0x80) !== 0
    const duration = (payload[offset + 2]! << 8) | payload[offset + 3]!
    if (!this.#belongs(event, timestamp >>> 0, marker)) return
    this.#heardSinceTick = true
    this.#duration = Math.max(this.#duration, duration)
    if (ended) this.#report()
  }

  /** Call once a media tick. */
  tick(nowMs: number): void {
    if (this.#heardSinceTick) {
      this.#heardSinceTick = false
      this.#lastHeardMs = nowMs
    } else if (this.pressed && nowMs - this.#lastHeardMs >= this.#silenceMs) {
      this.#report()
    }
  }

  /** The stream begins anew (other SSRC): a press still open is reported. */
  reset(): void {
    this.#report()
    this.#known = false
  }

  /** Finds or begins the press of a packet; false when it is of an older one. */
  #belongs(event: number, timestamp: number, marker: boolean): boolean {
    if (!this.#known) return this.#begin(event, timestamp)
    const later = (timestamp - this.#timestamp) | 0
    if (later === 0 && event === this.#event) return true
    if (later < 0) {
      this.outdated += 1
      return false
    }
    if (event === this.#event && !marker && this.#continues(later, timestamp)) return true
    this.#report()
    return this.#begin(event, timestamp)
  }

  #continues(later: number, timestamp: number): boolean {
    if (later === MAX_EVENT_DURATION) {
      this.#earlierDuration += MAX_EVENT_DURATION
      this.#duration = 0
    } else if (this.#reported || later >= (SAME_PRESS_MS * this.#clockRateHz) / 1000) {
      return false
    }
    this.#timestamp = timestamp
    return true
  }

  #begin(event: number, timestamp: number): boolean {
    this.#known = true
    this.#reported = false
    this.#event = event
    this.#timestamp = timestamp
    this.#earlierDuration = 0
    this.#duration = 0
    this.#onStart?.(digitOfEvent(event))
    return true
  }

  #report(): void {
    if (!this.pressed) return
    this.#reported = true
    const samples = this.#earlierDuration + this.#duration
    this.#onDigit(digitOfEvent(this.#event), Math.round((samples * 1000) / this.#clockRateHz))
  }
}
