import type { PacketSlots } from './packet-slots.ts'

/**
 * What a frame came to: whole (with silence where the sender was silent); all silent; a packet in it was
 * lost; or the stream ends, for now, inside it.
 */
export type Cut = 'full' | 'silent' | 'lost' | 'starved'

/** What puts the next piece of the timeline together from the packets that are here. */
export interface Cutter {
  /** The first sequence number not used up by the piece just cut. */
  readonly nextSequence: number
  /** How far into the piece its last packet begins. */
  readonly straddleSamples: number
  /** How far the timeline moves on when the piece is done with. */
  readonly stepSamples: number
  /** How long it lasts when played. */
  readonly playSamples: number
  /** Its bytes, when it is full. */
  readonly bytes: number
  /** Cuts the piece that begins at timestamp `cursor` from packets `head` to `newest`. */
  cut(head: number, cursor: number, newest: number, out: Uint8Array): Cut
}

export interface FrameCutterOptions {
  readonly slots: PacketSlots
  readonly frameSamples: number
  readonly bytesPerSample: number
  readonly silenceByte: number
}

/**
 * Gathers frames of one size from packets of any size by their timestamps. A missing sequence number in
 * front of a gap is loss; a gap without one is the sender's silence. Packets are not used up: the caller
 * moves on to `nextSequence` when the frame is done with. Sequence numbers are unwrapped; timestamps are
 * 32-bit signed numbers that wrap, which need no memory when passed on.
 */
export class FrameCutter implements Cutter {
  /** The first sequence number not used up by the frame just cut. */
  nextSequence = 0
  /** How far into the frame its last packet begins. */
  straddleSamples = 0
  readonly stepSamples: number
  readonly playSamples: number
  readonly bytes: number
  readonly #slots: PacketSlots
  readonly #frameSamples: number
  readonly #bytesPerSample: number
  readonly #silenceByte: number
  #newest = 0

  constructor(options: FrameCutterOptions) {
    this.#slots = options.slots
    this.#frameSamples = options.frameSamples
    this.#bytesPerSample = options.bytesPerSample
    this.#silenceByte = options.silenceByte
    this.stepSamples = options.frameSamples
    this.playSamples = options.frameSamples
    this.bytes = options.frameSamples * options.bytesPerSample
  }

  /** Cuts the frame that begins at timestamp `cursor` from packets `head` to `newest`. */
  cut(head: number, cursor: number, newest: number, out: Uint8Array): Cut {
    this.#newest = newest
    this.straddleSamples = 0
    let sequence = Math.max(head, newest - this.#slots.count + 1)
    let filled = 0
    let heard = false
    let lost = false
    while (filled < this.#frameSamples) {
      const position = (cursor + filled) | 0
      const next = this.#nextAudio(sequence, position)
      if (next > newest) break
      const gap = (this.#slots.timestamp(next) - position) | 0
      const room = this.#frameSamples - filled
      if (gap <= 0) {
        this.straddleSamples = filled
        heard = true
        filled += this.#copy(next, -gap, room, out, filled)
        sequence = next
      } else {
        lost ||= this.#anyMissing(sequence, next)
        filled += this.#fillSilence(out, filled, Math.min(gap, room))
        if (gap <= room) sequence = next
      }
    }
    this.nextSequence = this.#passUsedUp(sequence, (cursor + this.#frameSamples) | 0)
    if (filled < this.#frameSamples) {
      this.straddleSamples = filled
      return 'starved'
    }
    if (lost) return 'lost'
    return heard ? 'full' : 'silent'
  }

  /** The first number from `sequence` that is missing or reaches beyond `position`. */
  #passUsedUp(sequence: number, position: number): number {
    let at = sequence
    while (at <= this.#newest && this.#slots.has(at) && !this.#reaches(at, position)) at += 1
    return at
  }

  /** The first number from `sequence` with audio beyond `position`; else one behind the newest. */
  #nextAudio(sequence: number, position: number): number {
    let at = sequence
    while (at <= this.#newest && !(this.#slots.has(at) && this.#reaches(at, position))) at += 1
    return at
  }

  /** Has audio beyond `position`; a packet without audio never has. */
  #reaches(sequence: number, position: number): boolean {
    const samples = this.#slots.length(sequence) / this.#bytesPerSample
    return samples > 0 && ((this.#slots.timestamp(sequence) + samples - position) | 0) > 0
  }

  #anyMissing(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (!this.#slots.has(at)) return true
    return false
  }

  #fillSilence(out: Uint8Array, fromSample: number, samples: number): number {
    const from = fromSample * this.#bytesPerSample
    out.fill(this.#silenceByte, from, from + samples * this.#bytesPerSample)
    return samples
  }

  /** Copies from `skip` samples into a packet; returns the samples copied. */
  #copy(sequence: number, skip: number, room: number, out: Uint8Array, filled: number): number {
    const per = this.#bytesPerSample
    const available = this.#slots.length(sequence) / per - skip
    const samples = Math.min(available, room)
    this.#slots.copy(sequence, skip * per, samples * per, out, filled * per)
    return samples
  }
}
