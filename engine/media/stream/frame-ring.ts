/** In the head, as Int32: how far it is written, read, and to be thrown away unread; what found no room; its size. */
const WRITTEN = 0
const READ = 1
const CLEARED = 2
const DROPPED = 3
const SLOTS = 4
const SLOT_BYTES = 5
const TICKS = 6
const HEAD_BYTES = 64

/** In a slot, as Int32, before its payload. */
const KIND = 0
const BYTES = 1
const FIRST = 2
const SECOND = 3
const SLOT_HEAD_BYTES = 16

/** Memory of a ring of at least `slots` frames, each of which has room for a payload of `payloadBytes`. */
export function frameRingMemory(slots: number, payloadBytes: number): SharedArrayBuffer {
  const count = 2 ** Math.ceil(Math.log2(Math.max(2, slots)))
  const slotBytes = SLOT_HEAD_BYTES + Math.ceil(payloadBytes / 4) * 4
  const memory = new SharedArrayBuffer(HEAD_BYTES + count * slotBytes)
  const head = new Int32Array(memory, 0, HEAD_BYTES / 4)
  head[SLOTS] = count
  head[SLOT_BYTES] = slotBytes
  return memory
}

/**
 * Frames on their way from one thread to another, in slots of one size: one writes, one reads, neither waits, and
 * nothing is allocated. The writer puts a payload into `bytes` from what `reserve` says on, and then commits it.
 * The writer may also have all thrown away that is not read yet.
 */
export class FrameRing {
  /** Of all slots. */
  readonly bytes: Uint8Array
  readonly #head: Int32Array
  readonly #ints: Int32Array
  readonly #slots: number
  readonly #slotBytes: number

  constructor(memory: SharedArrayBuffer) {
    this.#head = new Int32Array(memory, 0, HEAD_BYTES / 4)
    this.#slots = this.#head[SLOTS]!
    this.#slotBytes = this.#head[SLOT_BYTES]!
    this.bytes = new Uint8Array(memory, HEAD_BYTES)
    this.#ints = new Int32Array(memory, HEAD_BYTES)
  }

  get payloadBytes(): number {
    return this.#slotBytes - SLOT_HEAD_BYTES
  }

  /** Frames that found no room. */
  get dropped(): number {
    return Atomics.load(this.#head, DROPPED)
  }

  /** Ticks that the writer has counted; goes on in whichever thread the writer is. */
  get ticks(): number {
    return Atomics.load(this.#head, TICKS)
  }

  countTicks(count: number): void {
    Atomics.add(this.#head, TICKS, count)
  }

  // -- the writer

  get room(): number {
    return this.#slots - ((this.written - Atomics.load(this.#head, READ)) | 0)
  }

  /** Position after the newest frame. */
  get written(): number {
    return Atomics.load(this.#head, WRITTEN)
  }

  /** Position from which on frames wait and are not thrown away. */
  get pending(): number {
    const read = Atomics.load(this.#head, READ)
    const cleared = Atomics.load(this.#head, CLEARED)
    return ((cleared - read) | 0) > 0 ? cleared : read
  }

  /** Where in `bytes` the payload of the next frame is to be written; -1: there is no room, which is counted. */
  reserve(): number {
    if (this.room > 0) return this.#at(this.written) + SLOT_HEAD_BYTES
    Atomics.add(this.#head, DROPPED, 1)
    return -1
  }

  /** Hands over the frame that was reserved. `kind` is not 0. */
  commit(kind: number, bytes: number, first: number, second: number): void {
    const at = this.#at(this.written) >> 2
    this.#ints[at + KIND] = kind
    this.#ints[at + BYTES] = bytes
    this.#ints[at + FIRST] = first
    this.#ints[at + SECOND] = second
    // Last: what the reader sees counted is there.
    Atomics.add(this.#head, WRITTEN, 1)
  }

  /** What was written so far is not to be played. */
  clear(): void {
    Atomics.store(this.#head, CLEARED, this.written)
  }

  // -- the reader

  get waiting(): number {
    return (this.written - Atomics.load(this.#head, READ)) | 0
  }

  /** The next frame was thrown away by the writer. */
  get isCleared(): boolean {
    return ((Atomics.load(this.#head, CLEARED) - Atomics.load(this.#head, READ)) | 0) > 0
  }

  /** Of the next frame; 0: there is none. */
  get kind(): number {
    return this.waiting > 0 ? this.#int(KIND) : 0
  }

  /** Of the next frame, which is to be there: its length, its two numbers, and where its payload begins in `bytes`. */
  get length(): number {
    return this.#int(BYTES)
  }

  get first(): number {
    return this.#int(FIRST)
  }

  get second(): number {
    return this.#int(SECOND)
  }

  get payloadAt(): number {
    return this.#at(Atomics.load(this.#head, READ)) + SLOT_HEAD_BYTES
  }

  /** The next frame has been read. */
  release(): void {
    Atomics.add(this.#head, READ, 1)
  }

  #int(which: number): number {
    return this.#ints[(this.#at(Atomics.load(this.#head, READ)) >> 2) + which]!
  }

  #at(position: number): number {
    return (position & (this.#slots - 1)) * this.#slotBytes
  }
}
