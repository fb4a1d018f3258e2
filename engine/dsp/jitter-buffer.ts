import { DelayEstimator } from './delay-estimator.ts'
import { type Cut, type Cutter, FrameCutter } from './frame-cutter.ts'
import { freshJitterCounters, type JitterCounters } from './jitter-counters.ts'
import { PacketSlots } from './packet-slots.ts'
import { PacketTaker } from './packet-taker.ts'

export type { JitterCounters } from './jitter-counters.ts'

export interface JitterBufferOptions {
  /** Timestamp units a pull hands out: 160 is 20 ms at 8 kHz. */
  readonly frameSamples?: number
  readonly clockRateHz?: number
  /** Payload bytes a timestamp unit: 1 for G.711 (and G.722), 2 for L16. */
  readonly bytesPerSample?: number
  /**
   * For payloads that can not be cut by bytes (Opus): tells how many timestamp units one lasts, 0 for a
   * malformed one, which is refused. Packets are then handed out whole; see `pull`.
   */
  readonly packetSamples?: (payload: Uint8Array, offset: number, length: number) => number
  /** Packets that can wait; a power of two. */
  readonly slots?: number
  /** Larger payloads are refused and counted. */
  readonly maxPayloadBytes?: number
  readonly minDelayMs?: number
  readonly maxDelayMs?: number
  /** Fills the part of a frame in which the sender was silent. */
  readonly silenceByte?: number
  /** Tells frames that may be dropped or repeated unheard; without it no frame is preferred. */
  readonly isQuiet?: (bytes: Uint8Array, offset: number, length: number) => boolean
}

/** Frames in a row to conceal for want of packets; after that the sender counts as silent. */
const MAX_STARVED_RUN = 5
/** Frames without audio after which late packets move the timeline to their pace. */
const REBASE_AFTER_FRAMES = 3
/** RFC 3550 appendix A.1: jumps within these are loss and reordering, others a new start. */
const MAX_DROPOUT = 3000
const MAX_MISORDER = 100
/** A timestamp that runs ahead of the clock by this begins a new timeline. */
const TIMESTAMP_JUMP_MS = 1000
/** Delay is corrected from the first on when the frame is quiet, from the second on regardless. */
const LONG_QUIET_MS = 5
const LONG_ANYWAY_MS = 20
const SHORT_QUIET_MS = 5
const SHORT_ANYWAY_MS = 10
/** The straddle is kept in this part of a sample, and loses one of them each frame. */
const STRADDLE_SCALE = 8
/**
 * Whole packets may hold a copy of the one before (Opus FEC), which helps only where it is here in time: for
 * so many pulls after a loss packets wait at least as long as one lasts, and a bit.
 */
const LOSS_MEMORY_PULLS = 1500
const AFTER_NEXT_MS = 5
/** Unwrapped numbers begin here, so that packets from before the first one stay positive. */
const SEQUENCE_ORIGIN = 0x10000
/** Frames left out at one pull; the next pull goes on. */
const MAX_SKIPPED = 64
const NO_PAYLOAD = new Uint8Array(0)

/**
 * Puts packets back on the sender's timeline: `push` as they arrive, `pull` once a tick.
 *
 * The timeline is the RTP timestamp; packets of any length are cut into frames of `frameSamples`. A
 * missing sequence number is loss; a timestamp gap without one is the sender's silence. Playout keeps
 * to the timeline through gaps, so delay never grows by a burst; it changes only by a frame left out
 * or repeated, when the delay aimed at (`DelayEstimator`) has moved or the clocks drift apart. With
 * `packetSamples` it is a packet that is left out, and instead of repeating one a frame is concealed.
 *
 * Inside, times are whole samples on a wrapping 32-bit clock, like the timestamps themselves: nothing is
 * allocated after construction, not even a number.
 */
export class JitterBuffer {
  readonly counters: JitterCounters = freshJitterCounters()
  /** How long what the last pull said is to be played, in timestamp units: audio, gap or silence. */
  playSamples = 0

  readonly #frameSamples: number
  readonly #samplesPerMs: number
  readonly #samplesOf: (payload: Uint8Array, offset: number, length: number) => number
  readonly #maxAheadSamples: number
  readonly #isQuiet: (bytes: Uint8Array, offset: number, length: number) => boolean
  readonly #slots: PacketSlots
  readonly #cutter: Cutter
  /** The same as `#cutter` when packets are handed out whole. */
  readonly #taker: PacketTaker | undefined
  readonly #delay: DelayEstimator

  /** Some packet has set the timeline. */
  #known: boolean = false
  #playing: boolean = false
  /** The newest packet: sequence number unwrapped, timestamps signed and wrapping. */
  #newestSequence = 0
  #newestTimestamp = 0
  #newestEnd = 0
  #newestTransit = 0
  /** A newest packet has come after its time since the last pull. */
  #newestLate: boolean = false
  /** The first sequence number not used up, and the timestamp to be played next. */
  #head = 0
  #cursor = 0
  /** The number that would prove a jump of the sequence to be a new start. */
  #jumpTo = -1
  /** Frames since audio was last handed out. */
  #emptyRun = 0
  /** Pulls for which the last loss is remembered yet. */
  #lossMemory = 0
  /** The packet at the cursor follows the one that was just given up. */
  #mayPeek: boolean = false
  /** How far into a frame its last packet begins: that much later it arrives. */
  #scaledStraddle = 0

  constructor(options: JitterBufferOptions = {}) {
    const minDelayMs = options.minDelayMs ?? 10
    const maxDelayMs = options.maxDelayMs ?? 200
    this.#frameSamples = options.frameSamples ?? 160
    this.#samplesPerMs = (options.clockRateHz ?? 8000) / 1000
    const bytesPerSample = options.bytesPerSample ?? 1
    this.#samplesOf =
      options.packetSamples ?? ((_payload, _offset, length) => length / bytesPerSample)
    this.#maxAheadSamples = maxDelayMs * this.#samplesPerMs + 5 * this.#frameSamples
    this.#isQuiet = options.isQuiet ?? (() => false)
    this.#slots = new PacketSlots(options.slots ?? 64, options.maxPayloadBytes ?? 960)
    this.#taker = options.packetSamples && new PacketTaker(this.#slots, this.#frameSamples)
    this.#cutter =
      this.#taker ??
      new FrameCutter({
        slots: this.#slots,
        frameSamples: this.#frameSamples,
        bytesPerSample,
        silenceByte: options.silenceByte ?? 0xff,
      })
    this.#delay = new DelayEstimator(minDelayMs, maxDelayMs, this.#samplesPerMs)
  }

  /** Takes a packet's payload (copied). Sequence 16 bit, timestamp 32 bit, as on the wire. */
  push(
    sequence: number,
    timestamp: number,
    payload: Uint8Array,
    offset: number,
    length: number,
    nowMs: number,
  ): void {
    this.counters.received += 1
    const fits = length > 0 && length <= this.#slots.slotBytes
    const samples = fits ? this.#samplesOf(payload, offset, length) : 0
    if (samples <= 0) {
      this.counters.refused += 1
      return
    }
    if (!this.#known) this.#begin(sequence, timestamp)
    const unwrapped = this.#place(sequence, timestamp)
    if (unwrapped < 0) {
      this.counters.refused += 1
    } else if (this.#slots.has(unwrapped)) {
      this.counters.duplicate += 1
    } else {
      const place = this.#accept(unwrapped, timestamp, samples, this.#samplesAt(nowMs))
      this.#slots.put(place, timestamp | 0, samples, payload, offset, length)
    }
  }

  /**
   * Tells of a packet of the same stream that is no audio for this buffer (telephone-event, comfort
   * noise): its sequence number is then not taken for a lost one.
   */
  pushOther(sequence: number): void {
    if (!this.#known) return
    const ahead = ((sequence - this.#newestSequence) << 16) >> 16
    const unwrapped = this.#newestSequence + ahead
    if (ahead > MAX_DROPOUT || unwrapped < this.#head || this.#slots.has(unwrapped)) return
    this.#slots.put(unwrapped, 0, 0, NO_PAYLOAD, 0, 0)
    if (ahead > 0) this.#newestSequence = unwrapped
  }

  /** Forgets the stream: the next packet begins a new one. Call when the SSRC changes. */
  reset(): void {
    if (!this.#known) return
    this.#known = false
    this.counters.resets += 1
  }

  /**
   * Hands out the next frame; call once every `frameSamples` on a steady clock.
   *
   * With `packetSamples` it hands out the next packet. Call it as long as there is less than a frame of
   * audio to be played: what it says stands for `playSamples` of it, be it less or more than a frame.
   * @param aheadSamples audio that is still to be played before this, in timestamp units, when packets
   * are handed out whole
   * @returns payload bytes in `out`; 0 when the frame is lost and should be concealed; -1 when there
   * is nothing to be heard: not started, or the sender is silent.
   */
  pull(out: Uint8Array, nowMs: number, aheadSamples = 0): number {
    this.playSamples = this.#frameSamples
    this.#mayPeek = false
    if (!this.#known) return -1
    const now = (this.#samplesAt(nowMs) + aheadSamples) | 0
    this.#keepStraddle(aheadSamples)
    this.#lossMemory = Math.max(0, this.#lossMemory - 1)
    if (this.#newestLate && this.#emptyRun >= REBASE_AFTER_FRAMES) this.#rebase(now)
    this.#newestLate = false
    this.#playing ||= this.#excess(now) >= 0
    if (!this.#playing) return -1
    this.#catchUp()
    let fetched = this.#fetch(out)
    for (let n = 0; n < MAX_SKIPPED && this.#mayShorten(this.#excess(now), fetched, out); n++) {
      if (fetched === 'full') this.counters.dropped += 1
      this.#advance()
      fetched = this.#fetch(out)
    }
    const result = this.#outcome(fetched, this.#excess(now), out)
    const depth = Math.max(0, (this.#newestEnd - this.#cursor) | 0)
    this.counters.depthMs = Math.round(depth / this.#samplesPerMs)
    this.counters.targetMs = Math.round(this.#target / this.#samplesPerMs)
    return result
  }

  /**
   * After a pull that returned 0 with `packetSamples`: the packet behind the one that is lost, which may
   * hold a coarse copy of it (Opus FEC). It is pulled later all the same.
   * @returns payload bytes in `out`; 0 when it is not here
   */
  peekNext(out: Uint8Array): number {
    if (!this.#mayPeek || this.#taker === undefined) return 0
    return this.#taker.peek(this.#head, this.#cursor, out)
  }

  /** Wall or monotonic time on the wrapping clock. */
  #samplesAt(nowMs: number): number {
    return Math.round(nowMs * this.#samplesPerMs) | 0
  }

  #begin(sequence: number, timestamp: number): void {
    this.#slots.clear()
    this.#delay.clear()
    this.#known = true
    this.#playing = false
    this.#newestSequence = sequence + SEQUENCE_ORIGIN
    this.#newestTimestamp = timestamp | 0
    this.#newestEnd = this.#newestTimestamp
    this.#newestLate = false
    this.#head = this.#newestSequence
    this.#cursor = this.#newestTimestamp
    this.#jumpTo = -1
    this.#emptyRun = 0
    this.#scaledStraddle = 0
  }

  /** Unwraps a sequence number; -1 for one that does not belong (yet) to the stream. */
  #place(sequence: number, timestamp: number): number {
    const ahead = ((sequence - this.#newestSequence) << 16) >> 16
    if (ahead <= MAX_DROPOUT && ahead >= -MAX_MISORDER) {
      this.#jumpTo = -1
      return this.#newestSequence + ahead
    }
    if (sequence !== this.#jumpTo) {
      this.#jumpTo = (sequence + 1) & 0xffff
      return -1
    }
    this.#begin(sequence, timestamp)
    this.counters.resets += 1
    return this.#newestSequence
  }

  /** Learns from a packet; returns where it is to be put. */
  #accept(sequence: number, timestamp: number, samples: number, now: number): number {
    const at = timestamp | 0
    const transit = (now - at) | 0
    let place = sequence
    if (this.#delay.lead(transit) > TIMESTAMP_JUMP_MS * this.#samplesPerMs) {
      this.#begin(sequence & 0xffff, timestamp)
      this.counters.resets += 1
      place = this.#newestSequence
    }
    this.#delay.packet(transit, now)
    const end = (at + samples) | 0
    const late = this.#playing && ((end - this.#cursor) | 0) <= 0
    if (late) this.counters.late += 1
    if (!this.#playing && place < this.#head) this.#startEarlier(place, at)
    if (place < this.#newestSequence) return place
    this.#newestSequence = place
    this.#newestTimestamp = at
    this.#newestEnd = end
    this.#newestTransit = transit
    this.#newestLate = late
    return place
  }

  #startEarlier(sequence: number, timestamp: number): void {
    this.#head = sequence
    this.#cursor = timestamp
  }

  /** How much longer than wanted the frame at the cursor has waited; 0 to a frame is right. */
  #excess(now: number): number {
    const waited = (now - this.#cursor - this.#delay.base) | 0
    return waited - this.#target - Math.floor(this.#scaledStraddle / STRADDLE_SCALE)
  }

  /** How long packets should wait. */
  get #target(): number {
    const target = this.#delay.target
    if (this.#taker === undefined || this.#lossMemory === 0) return target
    return Math.max(target, this.#frameSamples + AFTER_NEXT_MS * this.#samplesPerMs)
  }

  /** Every packet comes late by now: the path has become longer. Follows it. */
  #rebase(now: number): void {
    this.#delay.clear()
    this.#delay.packet(this.#newestTransit, now)
    this.#head = this.#newestSequence
    this.#cursor = this.#newestTimestamp
    this.#playing = false
    this.counters.resets += 1
  }

  /** More waits than may ever wait (a held-up stream poured out): goes to its newest part. */
  #catchUp(): void {
    if (((this.#newestEnd - this.#cursor) | 0) <= this.#maxAheadSamples) return
    const frames = Math.ceil(this.#target / this.#frameSamples) + 1
    this.#cursor = (this.#newestEnd - frames * this.#frameSamples) | 0
    this.counters.resets += 1
  }

  #fetch(out: Uint8Array): Cut {
    const cut = this.#cutter.cut(this.#head, this.#cursor, this.#newestSequence, out)
    this.#scaledStraddle = Math.max(0, this.#scaledStraddle - 1)
    this.#keepStraddle(this.#cutter.straddleSamples)
    return cut
  }

  #keepStraddle(samples: number): void {
    this.#scaledStraddle = Math.max(this.#scaledStraddle, samples * STRADDLE_SCALE)
  }

  /** What was just fetched is used up. */
  #advance(): void {
    const next = this.#cutter.nextSequence
    for (let s = this.#head; s < next; s++) {
      if (this.#slots.has(s)) continue
      this.counters.lost += 1
      this.#lossMemory = LOSS_MEMORY_PULLS
    }
    this.#head = next
    this.#cursor = (this.#cursor + this.#cutter.stepSamples) | 0
  }

  #mayShorten(excess: number, fetched: Cut, out: Uint8Array): boolean {
    const tooLong = excess - this.#cutter.stepSamples
    switch (fetched) {
      case 'full':
        if (tooLong >= LONG_ANYWAY_MS * this.#samplesPerMs) return true
        if (tooLong < LONG_QUIET_MS * this.#samplesPerMs) return false
        return this.#isQuiet(out, 0, this.#cutter.bytes)
      case 'silent':
        return tooLong >= 0
      case 'starved':
        return tooLong >= 0 && this.#emptyRun > MAX_STARVED_RUN
      case 'lost':
        return false
    }
  }

  /** Moves on, unless the delay is to grow by a frame, and says what `pull` returns. */
  #outcome(fetched: Cut, excess: number, out: Uint8Array): number {
    if (fetched !== 'full') return this.#gap(fetched, excess)
    this.#emptyRun = 0
    const { bytes, playSamples } = this.#cutter
    const tooShort = -excess
    const isShort = tooShort >= SHORT_QUIET_MS * this.#samplesPerMs
    const isUnheard = isShort && this.#isQuiet(out, 0, bytes)
    if (isUnheard && this.#taker === undefined) {
      this.counters.repeated += 1
      return bytes
    }
    if (isUnheard || tooShort >= SHORT_ANYWAY_MS * this.#samplesPerMs) {
      this.counters.repeated += 1
      this.counters.concealed += 1
      return 0
    }
    this.#advance()
    this.playSamples = playSamples
    return bytes
  }

  /** There is no audio at the cursor. */
  #gap(fetched: Cut, excess: number): number {
    this.playSamples = this.#cutter.playSamples
    if (excess >= 0) {
      this.#advance()
      this.#mayPeek = fetched === 'lost'
    }
    this.#emptyRun += 1
    if (fetched === 'silent') return -1
    if (fetched === 'starved' && this.#emptyRun > MAX_STARVED_RUN) return -1
    this.counters.concealed += 1
    return 0
  }
}
