import { DelayEstimator } from './delay-estimator.ts'
import { freshJitterCounters, type JitterCounters } from './jitter-counters.ts'
import { PacketSlots } from './packet-slots.ts'
import { type Cut, PacketTaker } from './packet-taker.ts'
import { PlayoutSlack } from './playout-slack.ts'

export type { JitterCounters } from './jitter-counters.ts'

export interface JitterBufferOptions {
  /** Timestamp units of a tick: 160 is 20 ms at 8 kHz. */
  readonly frameSamples?: number
  readonly clockRateHz?: number
  /** Payload bytes a timestamp unit: 1 for G.711 (and G.722), 2 for L16. */
  readonly bytesPerSample?: number
  /** Instead of that: how many timestamp units a payload lasts, 0 for a malformed one, which is refused. */
  readonly packetSamples?: (payload: Uint8Array, offset: number, length: number) => number
  /** Payloads may hold a copy of the one before (Opus FEC): once there is loss the next one is waited for. */
  readonly copiesInNext?: boolean
  /** Packets that can wait; a power of two. */
  readonly slots?: number
  /** Larger payloads are refused and counted. */
  readonly maxPayloadBytes?: number
  readonly minDelayMs?: number
  readonly maxDelayMs?: number
}

/** Frames in a row to conceal for want of packets; after that the sender counts as silent. */
const MAX_STARVED_RUN = 5
/** For so long the timeline waits for a packet that is late; after that it moves on without it. */
const MAX_HELD_MS = 60
/** Frames without audio after which late packets move the timeline to their pace. */
const REBASE_AFTER_FRAMES = 3
/** RFC 3550 appendix A.1: jumps within these are loss and reordering, others a new start. */
const MAX_DROPOUT = 3000
const MAX_MISORDER = 100
/** A timestamp that runs ahead of the clock by this begins a new timeline. */
const TIMESTAMP_JUMP_MS = 1000
/** Unheard, the delay is corrected by a whole packet once it is so far off. */
const LONG_MS = 5
const SHORT_MS = 5
/**
 * A copy in the next packet helps only where that is here in time: for so many pulls after a loss packets wait
 * at least as long as one lasts, and a bit.
 */
const LOSS_MEMORY_PULLS = 1500
const AFTER_NEXT_MS = 7.5
/** Unwrapped numbers begin here, so that packets from before the first one stay positive. */
const SEQUENCE_ORIGIN = 0x10000
/**
 * One that is overtaken counts for so many of those that are only late: those are waited for, but one whose
 * successor is here has been given up.
 */
const REORDERED_WEIGHT = 3
/** Pieces left out at one pull; the next pull goes on. */
const MAX_SKIPPED = 64
const NO_PAYLOAD = new Uint8Array(0)

/**
 * Puts packets back on the sender's timeline: `push` as they arrive, `pull` whenever less than a tick of audio
 * is left to be played.
 *
 * The timeline is the RTP timestamp. A missing sequence number is loss; a timestamp gap without one is the
 * sender's silence. Playout keeps to the timeline through gaps, but for a packet that is late by up to 60 ms.
 * What is played waits as long as `DelayEstimator` says; where it waits longer or shorter than it must, `pull`
 * says so in `wishSamples`, and the caller stretches what is decoded. When nobody listens the delay is put
 * right by leaving out or repeating a packet.
 *
 * Inside, times are whole samples on a wrapping 32-bit clock, like the timestamps themselves: nothing is
 * allocated after construction, not even a number.
 */
export class JitterBuffer {
  readonly counters: JitterCounters = freshJitterCounters()
  /** How long what the last pull said is to be played, in timestamp units: audio, gap or silence. */
  playSamples = 0
  /** Timestamp units by which the packet just pulled may be played shorter; negative: should be longer. */
  wishSamples = 0
  /** Of the packet that was pulled last; signed. */
  playedTimestamp = 0
  /** The packet just pulled does not follow what was pulled before it. */
  jumped: boolean = false

  readonly #frameSamples: number
  readonly #samplesPerMs: number
  readonly #samplesOf: (payload: Uint8Array, offset: number, length: number) => number
  readonly #maxAheadSamples: number
  readonly #maxHeldSamples: number
  readonly #copiesInNext: boolean
  readonly #slots: PacketSlots
  readonly #taker: PacketTaker
  readonly #delay: DelayEstimator
  readonly #slack: PlayoutSlack

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
  /** The sender has said that it is silent from now on. */
  #saidSilent: boolean = false
  /** The first sequence number not used up, and the timestamp to be played next. */
  #head = 0
  #cursor = 0
  /** The number that would prove a jump of the sequence to be a new start. */
  #jumpTo = -1
  /** Pieces since audio was last handed out. */
  #emptyRun = 0
  /** Pieces given out as silence for want of packets, which may turn out to have been lost. */
  #mute = 0
  /** Concealed while the timeline waited for a late packet. */
  #held = 0
  /** Pulls for which the last loss is remembered yet. */
  #lossMemory = 0
  /** The packet at the cursor follows the one that was just given up. */
  #mayPeek: boolean = false
  /** The timeline was taken up elsewhere since audio was last handed out. */
  #hasJumped: boolean = false
  /** How much later than the first packet of a tick its last may be needed. */
  #reserve = 0

  constructor(options: JitterBufferOptions = {}) {
    const minDelayMs = options.minDelayMs ?? 6.5
    const maxDelayMs = options.maxDelayMs ?? 200
    this.#frameSamples = options.frameSamples ?? 160
    this.#samplesPerMs = (options.clockRateHz ?? 8000) / 1000
    const bytesPerSample = options.bytesPerSample ?? 1
    this.#samplesOf =
      options.packetSamples ?? ((_payload, _offset, length) => length / bytesPerSample)
    this.#maxAheadSamples = maxDelayMs * this.#samplesPerMs + 5 * this.#frameSamples
    this.#maxHeldSamples = MAX_HELD_MS * this.#samplesPerMs
    this.#copiesInNext = options.copiesInNext ?? false
    this.#slots = new PacketSlots(options.slots ?? 64, options.maxPayloadBytes ?? 960)
    this.#taker = new PacketTaker(this.#slots, this.#frameSamples)
    this.#delay = new DelayEstimator(minDelayMs, maxDelayMs, this.#samplesPerMs)
    this.#slack = new PlayoutSlack(this.#frameSamples, this.#samplesPerMs)
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
      if (unwrapped < this.#newestSequence) this.counters.reordered += 1
      const place = this.#accept(unwrapped, timestamp, samples, this.#samplesAt(nowMs))
      this.#slots.put(place, timestamp | 0, samples, payload, offset, length)
    }
  }

  /**
   * Tells of a packet of the same stream that is no audio for this buffer (telephone-event, comfort
   * noise): its sequence number is then not taken for a lost one.
   * @param saysSilent the sender has nothing to say from here on: what is missing then is no loss
   */
  pushOther(sequence: number, saysSilent = false): void {
    if (!this.#known) return
    const ahead = ((sequence - this.#newestSequence) << 16) >> 16
    const unwrapped = this.#newestSequence + ahead
    if (ahead > MAX_DROPOUT || unwrapped < this.#head || this.#slots.has(unwrapped)) return
    this.#slots.put(unwrapped, 0, 0, NO_PAYLOAD, 0, 0)
    if (ahead <= 0) return
    this.#newestSequence = unwrapped
    this.#saidSilent = saysSilent
  }

  /** Forgets the stream: the next packet begins a new one. Call when the SSRC changes. */
  reset(): void {
    if (!this.#known) return
    this.#known = false
    this.counters.resets += 1
  }

  /**
   * Hands out the next packet. Call it as long as there is less than a tick of audio to be played: what it says
   * stands for `playSamples` of it, be it less or more than a tick.
   * @param aheadSamples audio that is still to be played before this, in timestamp units
   * @param stretches somebody listens, and will do as `wishSamples` says
   * @returns payload bytes in `out`; 0 when audio is missing and should be concealed; -1 when there
   * is nothing to be heard: not started, or the sender is silent.
   */
  pull(out: Uint8Array, nowMs: number, aheadSamples = 0, stretches = false): number {
    this.playSamples = this.#frameSamples
    this.wishSamples = 0
    this.jumped = false
    this.#mayPeek = false
    if (!this.#known) return -1
    const now = this.#samplesAt(nowMs)
    if (this.#lossMemory > 0) this.#lossMemory -= 1
    if (this.#newestLate && this.#emptyRun >= REBASE_AFTER_FRAMES) this.#rebase(now)
    this.#newestLate = false
    this.#playing ||= this.#excess(now) >= this.#reserve
    if (!this.#playing) return -1
    this.#catchUp()
    let fetched = this.#fetch(out)
    for (let n = 0; n < MAX_SKIPPED && this.#skips(now, fetched, aheadSamples, stretches); n++) {
      this.#advance()
      fetched = this.#fetch(out)
    }
    const excess = this.#excess(now)
    const result =
      fetched === 'full' ? this.#give(excess, aheadSamples, stretches) : this.#gap(fetched, excess)
    const depth = Math.max(0, (this.#newestEnd - this.#cursor) | 0)
    this.counters.depthMs = Math.round(depth / this.#samplesPerMs)
    this.counters.targetMs = Math.round(this.#target / this.#samplesPerMs)
    return result
  }

  /** By so many timestamp units what was pulled last is played shorter (negative) or longer. */
  stretched(samples: number): void {
    this.#slack.changed(samples)
    if (samples > 0) this.counters.expandedSamples += samples
    else this.counters.acceleratedSamples -= samples
  }

  /**
   * How much later what lies `aheadSamples` before the end of all that was pulled is played than it could be at the
   * soonest, by its timestamp and the fastest packets of late; in timestamp units, -1 when nothing is known.
   */
  delayOf(nowMs: number, aheadSamples: number): number {
    if (!this.#known || !this.#playing) return -1
    const waited = ((this.#samplesAt(nowMs) - this.#cursor - this.#delay.base) | 0) + aheadSamples
    return Math.max(0, waited)
  }

  /**
   * After a pull that returned 0: the packet behind the one that is lost, which may hold a coarse copy of it
   * (Opus FEC). It is pulled later all the same.
   * @returns payload bytes in `out`; 0 when it is not here
   */
  peekNext(out: Uint8Array): number {
    return this.#mayPeek ? this.#taker.peek(this.#head, this.#cursor, out) : 0
  }

  /** Wall or monotonic time on the wrapping clock. */
  #samplesAt(nowMs: number): number {
    return Math.round(nowMs * this.#samplesPerMs) | 0
  }

  #begin(sequence: number, timestamp: number): void {
    this.#slots.clear()
    this.#delay.clear()
    this.#slack.clear()
    this.#hasJumped = this.#playing
    this.#known = true
    this.#playing = false
    this.#newestSequence = sequence + SEQUENCE_ORIGIN
    this.#newestTimestamp = timestamp | 0
    this.#newestEnd = this.#newestTimestamp
    this.#newestLate = false
    this.#saidSilent = false
    this.#head = this.#newestSequence
    this.#cursor = this.#newestTimestamp
    this.#jumpTo = -1
    this.#emptyRun = 0
    this.#held = 0
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
    this.#delay.packet(transit, now, place < this.#newestSequence ? REORDERED_WEIGHT : 1)
    const end = (at + samples) | 0
    const late = this.#playing && ((end - this.#cursor) | 0) <= 0
    if (late) {
      this.counters.late += 1
      this.counters.discarded += 1
    }
    if (!this.#playing) {
      if (place < this.#head) this.#startEarlier(place, at)
      this.#reserve = this.#frameSamples - commonDivisor(this.#frameSamples, samples)
    }
    if (place < this.#newestSequence) return place
    this.#newestSequence = place
    this.#newestTimestamp = at
    this.#newestEnd = end
    this.#newestTransit = transit
    this.#newestLate = late
    this.#saidSilent = false
    return place
  }

  #startEarlier(sequence: number, timestamp: number): void {
    this.#head = sequence
    this.#cursor = timestamp
  }

  /** How much longer than wanted the piece at the cursor has waited at the beginning of this tick. */
  #excess(now: number): number {
    return ((now - this.#cursor - this.#delay.base) | 0) - this.#target
  }

  /** How long packets should wait. */
  get #target(): number {
    const target = this.#delay.target
    if (!this.#copiesInNext || this.#lossMemory === 0) return target
    return Math.max(target, this.#frameSamples + AFTER_NEXT_MS * this.#samplesPerMs)
  }

  /** Every packet comes late by now: the path has become longer. Follows it. */
  #rebase(now: number): void {
    this.#delay.clear()
    this.#slack.clear()
    this.#delay.packet(this.#newestTransit, now)
    this.#head = this.#newestSequence
    this.#cursor = this.#newestTimestamp
    this.#playing = false
    this.#hasJumped = true
    this.#held = 0
    this.counters.resets += 1
  }

  /** More waits than may ever wait (a held-up stream poured out): goes to its newest part. */
  #catchUp(): void {
    if (((this.#newestEnd - this.#cursor) | 0) <= this.#maxAheadSamples) return
    const frames = Math.ceil(this.#target / this.#frameSamples) + 1
    this.#cursor = (this.#newestEnd - frames * this.#frameSamples) | 0
    const oldest = Math.max(this.#head, this.#newestSequence - this.#slots.count + 1)
    for (let s = oldest; s <= this.#newestSequence; s++) {
      if (this.#slots.has(s) && ((this.#slots.timestamp(s) - this.#cursor) | 0) < 0)
        this.counters.discarded += 1
    }
    this.#slack.clear()
    this.#hasJumped = true
    this.counters.resets += 1
  }

  #fetch(out: Uint8Array): Cut {
    return this.#taker.cut(this.#head, this.#cursor, this.#newestSequence, out)
  }

  /** What was just fetched is used up. */
  #advance(): void {
    const next = this.#taker.nextSequence
    for (let s = this.#head; s < next; s++) {
      if (this.#slots.has(s)) continue
      this.counters.lost += 1
      if (this.#mute > 0) {
        this.#mute -= 1
        this.counters.concealed += 1
        this.counters.concealedSamples += this.#frameSamples
      }
      this.#lossMemory = LOSS_MEMORY_PULLS
    }
    this.#head = next
    this.#cursor = (this.#cursor + this.#taker.stepSamples) | 0
  }

  /** What was just fetched is left out, unheard. */
  #skips(now: number, fetched: Cut, aheadSamples: number, stretches: boolean): boolean {
    const step = this.#taker.stepSamples
    const tooLong = this.#excess(now) - step
    switch (fetched) {
      case 'full':
        if (stretches || tooLong - this.#rest(aheadSamples) < LONG_MS * this.#samplesPerMs)
          return false
        this.counters.dropped += 1
        return true
      case 'silent':
        return tooLong >= 0
      case 'starved':
        return tooLong >= 0 && this.#emptyRun > MAX_STARVED_RUN
      case 'lost':
        // Concealed already, while it could still have come.
        if (this.#held < step) return false
        this.#held -= step
        return true
    }
  }

  /** How much of this tick's audio is in packets like the one just fetched, but for the first of them. */
  #rest(aheadSamples: number): number {
    const step = this.#taker.stepSamples
    if (step <= 0 || step >= this.#frameSamples) return 0
    return (Math.ceil((this.#frameSamples - aheadSamples) / step) - 1) * step
  }

  /** Hands out the packet just fetched, unless it is to be waited for and nobody listens. */
  #give(excess: number, aheadSamples: number, stretches: boolean): number {
    const margin = excess + this.#target
    this.#emptyRun = 0
    this.#held = 0
    if (stretches) {
      this.#slack.note(margin, aheadSamples)
      this.wishSamples = this.#slack.wish(margin, this.#target)
    } else if (-excess >= SHORT_MS * this.#samplesPerMs) {
      this.counters.repeated += 1
      return 0
    }
    this.jumped = this.#hasJumped
    this.#hasJumped = false
    const { bytes, playSamples, stepSamples } = this.#taker
    this.playedTimestamp = (this.#cursor + stepSamples - playSamples) | 0
    this.#advance()
    this.#mute = 0
    this.playSamples = playSamples
    return bytes
  }

  /** There is no audio at the cursor. */
  #gap(fetched: Cut, excess: number): number {
    const samples = this.#taker.playSamples
    this.playSamples = samples
    const waits = fetched === 'starved' && this.#held + samples <= this.#maxHeldSamples
    if (waits) {
      this.#held += samples
    } else if (excess >= 0 || fetched === 'lost') {
      this.#advance()
      this.#mayPeek = fetched === 'lost'
    }
    this.#emptyRun += 1
    if (fetched === 'silent') return -1
    if (fetched === 'starved' && (this.#saidSilent || this.#emptyRun > MAX_STARVED_RUN)) {
      if (!this.#saidSilent) this.#mute += 1
      return -1
    }
    this.counters.concealed += 1
    this.counters.concealedSamples += samples
    return 0
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}
