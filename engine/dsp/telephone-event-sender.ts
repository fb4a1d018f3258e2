import { eventOfDigit, MAX_EVENT_DURATION, writeTelephoneEvent } from './telephone-event-payload.ts'

/** The end packet goes out three times (RFC 4733 section 2.5.1.4). */
const END_PACKETS = 3
/** -10 dBm0, as phones send it. */
const VOLUME = 10
const MAX_QUEUED = 256
const PAUSE_MS: Readonly<Record<string, number>> = { w: 500, W: 1000, ',': 500 }

export interface TelephoneEventSenderOptions {
  readonly clockRateHz?: number
  /** Timestamp units from tick to tick; 20 ms unless told. */
  readonly tickSamples?: number
}

interface QueuedKey {
  /** -1 for a pause. */
  readonly event: number
  readonly toneSamples: number
  readonly gapSamples: number
}

/**
 * Sends key presses as telephone events, one packet a tick. On each tick with a return above 0 the
 * caller sends the payload instead of audio, with `marker` as the marker bit and with the timestamp
 * that audio would have had now minus `timestampOffsetSamples`.
 */
export class TelephoneEventSender {
  /** Marker bit for the packet just written: set on the first packet of a press. */
  marker = false
  /** How far the beginning of the event (or of its segment) lies behind this tick. */
  timestampOffsetSamples = 0

  readonly #clockRateHz: number
  readonly #tickSamples: number
  readonly #queue: QueuedKey[] = []
  #key: QueuedKey | undefined
  #elapsed = 0
  /** Where the current segment of a long press begins, in samples from the start of the press. */
  #segmentStart = 0
  #endsSent = 0

  constructor(options: TelephoneEventSenderOptions = {}) {
    this.#clockRateHz = options.clockRateHz ?? 8000
    this.#tickSamples = options.tickSamples ?? this.#clockRateHz / 50
  }

  /** True while keys, or the gap behind the last one, are still to come. */
  get busy(): boolean {
    return this.#key !== undefined || this.#queue.length > 0
  }

  /**
   * Queues keys 0-9, *, #, A-D; `w` and `,` wait half a second, `W` a whole one.
   * @throws RangeError for other characters, or when more than 256 keys would wait; nothing is
   * queued then.
   */
  press(digits: string, durationMs = 100, gapMs = 100): void {
    const keys = [...digits].map((digit) => this.#prepare(digit, durationMs, gapMs))
    if (this.#queue.length + keys.length > MAX_QUEUED) throw new RangeError('too many keys waiting')
    this.#queue.push(...keys)
  }

  #prepare(digit: string, durationMs: number, gapMs: number): QueuedKey {
    const pauseMs = PAUSE_MS[digit]
    if (pauseMs !== undefined) {
      return { event: -1, toneSamples: 0, gapSamples: this.#samples(pauseMs) }
    }
    const event = eventOfDigit(digit)
    if (event < 0) throw new RangeError(`not a DTMF key: ${JSON.stringify(digit)}`)
    // At least one tick of tone, and room for the repeated end packets before the next key.
    return {
      event,
      toneSamples: Math.max(this.#tickSamples, this.#samples(durationMs)),
      gapSamples: Math.max((END_PACKETS - 1) * this.#tickSamples, this.#samples(gapMs)),
    }
  }

  #samples(ms: number): number {
    const ticks = Math.ceil((ms * this.#clockRateHz) / 1000 / this.#tickSamples)
    return ticks * this.#tickSamples
  }

  /** Drops what waits; the key being sent still gets its end packets, so that no key sticks. */
  stop(): void {
    this.#queue.length = 0
    if (this.#key && this.#key.event >= 0 && this.#endsSent === 0) {
      this.#key = { ...this.#key, toneSamples: Math.max(this.#tickSamples, this.#elapsed) }
    }
  }

  /**
   * Call once a tick.
   * @returns bytes of payload written at `offset` (4), or 0 when audio is to be sent.
   */
  tick(out: Uint8Array, offset: number): number {
    const key = this.#key ?? this.#nextKey()
    if (!key) return 0
    const bytes = key.event < 0 ? 0 : this.#writePacket(key, out, offset)
    this.#elapsed += this.#tickSamples
    if (this.#elapsed >= key.toneSamples + key.gapSamples && this.#finished(key)) {
      this.#key = undefined
    }
    return bytes
  }

  #finished(key: QueuedKey): boolean {
    return key.event < 0 || this.#endsSent === END_PACKETS
  }

  #nextKey(): QueuedKey | undefined {
    const key = this.#queue.shift()
    if (!key) return undefined
    this.#key = key
    this.#elapsed = 0
    this.#segmentStart = 0
    this.#endsSent = 0
    return key
  }

  #writePacket(key: QueuedKey, out: Uint8Array, offset: number): number {
    if (this.#endsSent === END_PACKETS) return 0
    // The packet of this tick tells the tone up to the end of the tick.
    const told = Math.min(this.#elapsed + this.#tickSamples, key.toneSamples)
    this.marker = this.#elapsed === 0
    this.timestampOffsetSamples = this.#elapsed - this.#segmentStart
    if (told - this.#segmentStart > MAX_EVENT_DURATION) {
      this.#segmentStart += MAX_EVENT_DURATION
      return writeTelephoneEvent(out, offset, key.event, false, VOLUME, MAX_EVENT_DURATION)
    }
    const end = told >= key.toneSamples
    if (end) this.#endsSent += 1
    return writeTelephoneEvent(out, offset, key.event, end, VOLUME, told - this.#segmentStart)
  }
}
