/** The sequence number of a slot never used. */
const EMPTY = -1

/**
 * Payloads by sequence number in one slab: the slot is the sequence number modulo a power of two, so
 * neither the 16-bit wrap nor a long call needs care. A slot keeps its number after it was played,
 * by which duplicates are known.
 */
export class PacketSlots {
  readonly slotBytes: number
  readonly #mask: number
  readonly #slab: Uint8Array
  /** Unwrapped sequence number in the slot, or EMPTY. */
  readonly #sequences: Int32Array
  /** Timestamp of the first sample, as a signed number. */
  readonly #timestamps: Int32Array
  readonly #lengths: Uint16Array
  /** Timestamp units that the payload lasts. */
  readonly #samples: Int32Array

  constructor(slots: number, slotBytes: number) {
    if (slots < 8 || (slots & (slots - 1)) !== 0) {
      throw new RangeError(`slots must be a power of two of at least 8, not ${slots}`)
    }
    this.slotBytes = slotBytes
    this.#mask = slots - 1
    this.#slab = new Uint8Array(slots * slotBytes)
    this.#sequences = new Int32Array(slots).fill(EMPTY)
    this.#timestamps = new Int32Array(slots)
    this.#lengths = new Uint16Array(slots)
    this.#samples = new Int32Array(slots)
  }

  get count(): number {
    return this.#mask + 1
  }

  has(sequence: number): boolean {
    return this.#sequences[sequence & this.#mask] === sequence
  }

  /** Timestamp of a sequence number that is there. */
  timestamp(sequence: number): number {
    return this.#timestamps[sequence & this.#mask]!
  }

  /** Payload bytes of a sequence number that is there; 0 for a packet without audio. */
  length(sequence: number): number {
    return this.#lengths[sequence & this.#mask]!
  }

  /** Timestamp units of a sequence number that is there; 0 for a packet without audio. */
  samples(sequence: number): number {
    return this.#samples[sequence & this.#mask]!
  }

  /** Stores a payload, unless the slot already serves a newer number. */
  put(
    sequence: number,
    timestamp: number,
    samples: number,
    payload: Uint8Array,
    offset: number,
    length: number,
  ): void {
    const slot = sequence & this.#mask
    if (this.#sequences[slot]! > sequence) return
    const to = slot * this.slotBytes
    this.#sequences[slot] = sequence
    this.#timestamps[slot] = timestamp
    this.#lengths[slot] = length
    this.#samples[slot] = samples
    for (let i = 0; i < length; i++) this.#slab[to + i] = payload[offset + i]!
  }

  copy(sequence: number, from: number, count: number, out: Uint8Array, outOffset: number): void {
    const at = (sequence & this.#mask) * this.slotBytes + from
    for (let i = 0; i < count; i++) out[outOffset + i] = this.#slab[at + i]!
  }

  clear(): void {
    this.#sequences.fill(EMPTY)
  }
}
