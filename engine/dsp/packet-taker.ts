import type { PacketSlots } from './packet-slots.ts'

/**
 * What a piece of the timeline came to: a packet; nothing, as the sender was silent; nothing, as a packet was
 * lost; or the stream ends, for now, before it.
 */
export type Cut = 'full' | 'silent' | 'lost' | 'starved'

/**
 * Puts the next piece of the timeline together from the packets that are here: a packet, as long as it lasts;
 * or, where there is none, a frame or what is left up to the next packet. A missing sequence number in front
 * of a gap is loss; a gap without one is the sender's silence. Packets are not used up: the caller moves on to
 * `nextSequence` when the piece is done with. Sequence numbers are unwrapped; timestamps are 32-bit signed
 * numbers that wrap, which need no memory when passed on.
 */
export class PacketTaker {
  /** The first sequence number not used up by the piece just cut. */
  nextSequence = 0
  /** How far the timeline moves on when the piece is done with. */
  stepSamples = 0
  /** How long it lasts when played. */
  playSamples = 0
  /** Its bytes, when it is full. */
  bytes = 0
  readonly #slots: PacketSlots
  readonly #frameSamples: number

  constructor(slots: PacketSlots, frameSamples: number) {
    this.#slots = slots
    this.#frameSamples = frameSamples
  }

  /** Cuts the piece that begins at timestamp `cursor` from packets `head` to `newest`. */
  cut(head: number, cursor: number, newest: number, out: Uint8Array): Cut {
    const from = Math.max(head, newest - this.#slots.count + 1)
    const next = this.#nextAudio(from, cursor, newest)
    if (next > newest)
      return this.#nothing('starved', this.#passUsedUp(from, newest), this.#frameSamples)
    const gap = (this.#slots.timestamp(next) - cursor) | 0
    if (gap <= 0) return this.#take(next, gap, out)
    const isBeforeNext = gap <= this.#frameSamples
    return this.#nothing(
      this.#anyMissing(from, next) ? 'lost' : 'silent',
      isBeforeNext ? next : from,
      isBeforeNext ? gap : this.#frameSamples,
    )
  }

  /** Copies the packet that begins at `cursor`, if it is here: its bytes, else 0. */
  peek(sequence: number, cursor: number, out: Uint8Array): number {
    if (!this.#slots.has(sequence) || this.#slots.timestamp(sequence) !== cursor) return 0
    const bytes = this.#slots.length(sequence)
    this.#slots.copy(sequence, 0, bytes, out, 0)
    return bytes
  }

  #take(sequence: number, gap: number, out: Uint8Array): Cut {
    this.bytes = this.#slots.length(sequence)
    this.#slots.copy(sequence, 0, this.bytes, out, 0)
    this.nextSequence = sequence + 1
    this.playSamples = this.#slots.samples(sequence)
    // One that began before the cursor is played whole: the timeline moves on by less.
    this.stepSamples = this.playSamples + gap
    return 'full'
  }

  #nothing(cut: Cut, nextSequence: number, samples: number): Cut {
    this.nextSequence = nextSequence
    this.stepSamples = samples
    this.playSamples = samples
    this.bytes = 0
    return cut
  }

  /** The first packet of which half or more is still to come; else one behind the newest. */
  #nextAudio(from: number, cursor: number, newest: number): number {
    let at = from
    while (at <= newest && !(this.#slots.has(at) && this.#isAhead(at, cursor))) at += 1
    return at
  }

  #isAhead(sequence: number, cursor: number): boolean {
    const samples = this.#slots.samples(sequence)
    if (samples === 0) return false
    return 2 * ((this.#slots.timestamp(sequence) - cursor) | 0) + samples >= 0
  }

  /** Nothing that is here is ahead: all up to the first missing one is done with. */
  #passUsedUp(from: number, newest: number): number {
    let at = from
    while (at <= newest && this.#slots.has(at)) at += 1
    return at
  }

  #anyMissing(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (!this.#slots.has(at)) return true
    return false
  }
}
