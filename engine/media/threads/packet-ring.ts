/** Of a ring, head and packets. Takes 400 ms of 250 legs; a power of two besides the head. */
const HEAD_BYTES = 64
const DATA_BYTES = 2 ** 20
export const RING_BYTES = HEAD_BYTES + DATA_BYTES

/** Longer packets than Ethernet carries are nobody's audio. */
const MOST_PACKET_BYTES = 2048
/** Length and kind, lease, arrival. */
const RECORD_BYTES = 16
const ALIGN = 8

/** In the head, as Int32: how far it is written and read, what found no room, and whether the reader was called. */
const WRITTEN = 0
const READ = 1
const DROPPED = 2
const CALLED = 3

/** The rest up to the end of the ring is left out. */
const SKIP = -1
const OUTBOUND = 0x1_0000

/**
 * Packets on their way from one thread to another: one writes, one reads, neither waits, nothing is allocated. A
 * packet that finds no room is dropped and counted, as in a socket.
 */
export class PacketRing {
  /** Of the packet that `take` took. */
  readonly packet = Buffer.alloc(MOST_PACKET_BYTES)
  bytes = 0
  lease = 0
  atMs = 0
  /** To be sent by the owner of the port, not received from it. */
  isOutbound = false
  readonly #head: Int32Array
  readonly #data: Uint8Array
  readonly #ints: Int32Array
  readonly #floats: Float64Array

  /** `memory` has RING_BYTES, and begins as zeros. */
  constructor(memory: SharedArrayBuffer) {
    this.#head = new Int32Array(memory, 0, HEAD_BYTES / 4)
    this.#data = new Uint8Array(memory, HEAD_BYTES)
    this.#ints = new Int32Array(memory, HEAD_BYTES)
    this.#floats = new Float64Array(memory, HEAD_BYTES)
  }

  /** Packets that found no room. */
  get dropped(): number {
    return Atomics.load(this.#head, DROPPED)
  }

  /** False: there was no room. `atMs`: when the packet arrived, on a clock that both threads have. */
  put(
    lease: number,
    isOutbound: boolean,
    packet: Uint8Array,
    bytes: number,
    atMs: number,
  ): boolean {
    const need = RECORD_BYTES + Math.ceil(bytes / ALIGN) * ALIGN
    let at = this.#makeRoom(bytes > MOST_PACKET_BYTES ? DATA_BYTES * 2 : need)
    if (at < 0) {
      Atomics.add(this.#head, DROPPED, 1)
      return false
    }
    this.#ints[at >> 2] = bytes | (isOutbound ? OUTBOUND : 0)
    this.#ints[(at >> 2) + 1] = lease
    this.#floats[(at >> 3) + 1] = atMs
    at += RECORD_BYTES
    for (let n = 0; n < bytes; n++) this.#data[at + n] = packet[n]!
    Atomics.add(this.#head, WRITTEN, need)
    return true
  }

  /** Copies the next packet into `packet`; false: there is none. */
  take(): boolean {
    for (;;) {
      const read = Atomics.load(this.#head, READ)
      if (read === Atomics.load(this.#head, WRITTEN)) return false
      let at = read & (DATA_BYTES - 1)
      const first = this.#ints[at >> 2]!
      if (first === SKIP) {
        Atomics.add(this.#head, READ, DATA_BYTES - at)
        continue
      }
      this.isOutbound = (first & OUTBOUND) !== 0
      const bytes = first & (OUTBOUND - 1)
      this.bytes = bytes
      this.lease = this.#ints[(at >> 2) + 1]!
      this.atMs = this.#floats[(at >> 3) + 1]!
      at += RECORD_BYTES
      for (let n = 0; n < bytes; n++) this.packet[n] = this.#data[at + n]!
      Atomics.add(this.#head, READ, RECORD_BYTES + Math.ceil(bytes / ALIGN) * ALIGN)
      return true
    }
  }

  /** The writer is about to call the reader: false when it was called already and has not come yet. */
  call(): boolean {
    return Atomics.exchange(this.#head, CALLED, 1) === 0
  }

  /** The reader comes, and then takes what there is. */
  come(): void {
    Atomics.store(this.#head, CALLED, 0)
  }

  /** Where a record of that length may begin, with nothing of it past the end; -1: there is no room. */
  #makeRoom(need: number): number {
    const written = Atomics.load(this.#head, WRITTEN)
    const room = DATA_BYTES - ((written - Atomics.load(this.#head, READ)) | 0)
    const at = written & (DATA_BYTES - 1)
    const toEnd = DATA_BYTES - at
    if (need <= toEnd) return need <= room ? at : -1
    if (toEnd + need > room) return -1
    this.#ints[at >> 2] = SKIP
    Atomics.add(this.#head, WRITTEN, toEnd)
    return 0
  }
}
