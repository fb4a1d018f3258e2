import { type Cipheriv, createCipheriv, createDecipheriv, hash, timingSafeEqual } from 'node:crypto'
import type { SrtpKey } from '../agreement.ts'
import { SrtpIndex } from './srtp-index.ts'
import { type SessionKeys, sessionKeys, suites } from './srtp-keys.ts'

/** What a packet may grow by: the longest tag. */
export const SRTP_GROWTH_BYTES = 16
const MOST_PACKET_BYTES = 2048
const BLOCK_BYTES = 16
const SHA1_BLOCK_BYTES = 64
const SHA1_BYTES = 20
const ROLLOVER_BYTES = 4
/** Streams of one peer; one more takes the place of the one that was silent longest. */
const MOST_STREAMS = 4

/** Where the payload begins; -1: this is no RTP. */
function payloadOffset(packet: Uint8Array, bytes: number): number {
  if (bytes < 12 || packet[0]! >> 6 !== 2) return -1
  const start = 12 + (packet[0]! & 0x0f) * 4
  if ((packet[0]! & 0x10) === 0) return start <= bytes ? start : -1
  if (start + 4 > bytes) return -1
  const end = start + 4 + ((packet[start + 2]! << 8) | packet[start + 3]!) * 4
  return end <= bytes ? end : -1
}

const view = (packet: Uint8Array): DataView => new DataView(packet.buffer, packet.byteOffset)

/** HMAC-SHA1 (RFC 2104) over a packet and a rollover counter, in buffers of its own. */
class Authenticator {
  readonly #inner = Buffer.alloc(SHA1_BLOCK_BYTES + MOST_PACKET_BYTES + ROLLOVER_BYTES, 0x36)
  readonly #outer = Buffer.alloc(SHA1_BLOCK_BYTES + SHA1_BYTES, 0x5c)

  constructor(key: Uint8Array) {
    for (const [at, byte] of key.entries()) {
      this.#inner[at]! ^= byte
      this.#outer[at]! ^= byte
    }
  }

  tag(packet: Uint8Array, bytes: number, rollover: number): Buffer {
    this.#inner.set(packet.subarray(0, bytes), SHA1_BLOCK_BYTES)
    const end = this.#inner.writeUInt32BE(rollover, SHA1_BLOCK_BYTES + bytes)
    this.#outer.set(hash('sha1', this.#inner.subarray(0, end), 'buffer'), SHA1_BLOCK_BYTES)
    return hash('sha1', this.#outer, 'buffer')
  }
}

/** One suite's way to change a packet in place. Returns the new length; -1: not what the key made. */
interface Transform {
  seal(packet: Uint8Array, bytes: number, payloadAt: number, rollover: number): number
  open(packet: Uint8Array, bytes: number, payloadAt: number, rollover: number): number
}

/** AES in counter mode, and a tag of HMAC-SHA1 (RFC 3711 section 4). */
class CounterMode implements Transform {
  readonly #tagBytes: number
  readonly #salt: Uint8Array
  readonly #cipher: Cipheriv
  readonly #authenticator: Authenticator
  readonly #counters = Buffer.alloc(MOST_PACKET_BYTES)

  constructor(keys: SessionKeys, tagBytes: number) {
    this.#tagBytes = tagBytes
    this.#salt = keys.salt
    // One block by one: the counters are ours to count, and one cipher does for all packets.
    this.#cipher = createCipheriv('aes-128-ecb', keys.cipher, null).setAutoPadding(false)
    this.#authenticator = new Authenticator(keys.authentication)
  }

  seal(packet: Uint8Array, bytes: number, payloadAt: number, rollover: number): number {
    this.#crypt(packet, bytes, payloadAt, rollover)
    const tag = this.#authenticator.tag(packet, bytes, rollover)
    packet.set(tag.subarray(0, this.#tagBytes), bytes)
    return bytes + this.#tagBytes
  }

  open(packet: Uint8Array, bytes: number, payloadAt: number, rollover: number): number {
    const end = bytes - this.#tagBytes
    if (end < payloadAt) return -1
    const tag = this.#authenticator.tag(packet, end, rollover).subarray(0, this.#tagBytes)
    if (!timingSafeEqual(tag, packet.subarray(end, bytes))) return -1
    this.#crypt(packet, end, payloadAt, rollover)
    return end
  }

  #crypt(packet: Uint8Array, end: number, from: number, rollover: number): void {
    const blocks = Math.ceil((end - from) / BLOCK_BYTES)
    const counters = this.#counters
    for (let block = 0; block < blocks; block++) {
      const at = block * BLOCK_BYTES
      counters.fill(0, at, at + BLOCK_BYTES)
      for (let i = 0; i < this.#salt.length; i++) counters[at + i] = this.#salt[i]!
      for (let i = 0; i < 4; i++) {
        counters[at + 4 + i]! ^= packet[8 + i]!
        counters[at + 8 + i]! ^= (rollover >>> (24 - 8 * i)) & 0xff
      }
      counters[at + 12]! ^= packet[2]!
      counters[at + 13]! ^= packet[3]!
      counters.writeUInt16BE(block, at + 14)
    }
    const stream = this.#cipher.update(counters.subarray(0, blocks * BLOCK_BYTES))
    for (let i = from; i < end; i++) packet[i]! ^= stream[i - from]!
  }
}

/** AES in Galois/counter mode (RFC 7714 section 8). */
class GaloisMode implements Transform {
  readonly #name: 'aes-128-gcm' | 'aes-256-gcm'
  readonly #keys: SessionKeys
  readonly #iv = Buffer.alloc(12)

  constructor(keys: SessionKeys) {
    this.#keys = keys
    this.#name = keys.cipher.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
  }

  seal(packet: Uint8Array, bytes: number, payloadAt: number, rollover: number): number {
    const cipher = createCipheriv(this.#name, this.#keys.cipher, this.#ivOf(packet, rollover))
    cipher.setAAD(packet.subarray(0, payloadAt))
    packet.set(cipher.update(packet.subarray(payloadAt, bytes)), payloadAt)
    cipher.final()
    packet.set(cipher.getAuthTag(), bytes)
    return bytes + SRTP_GROWTH_BYTES
  }

  open(packet: Uint8Array, bytes: number, payloadAt: number, rollover: number): number {
    const end = bytes - SRTP_GROWTH_BYTES
    if (end < payloadAt) return -1
    const cipher = createDecipheriv(this.#name, this.#keys.cipher, this.#ivOf(packet, rollover))
    cipher.setAAD(packet.subarray(0, payloadAt))
    cipher.setAuthTag(packet.subarray(end, bytes))
    const plain = cipher.update(packet.subarray(payloadAt, end))
    try {
      cipher.final()
    } catch {
      return -1
    }
    packet.set(plain, payloadAt)
    return end
  }

  #ivOf(packet: Uint8Array, rollover: number): Buffer {
    const iv = this.#iv
    iv.fill(0)
    iv.set(packet.subarray(8, 12), 2)
    iv.writeUInt32BE(rollover, 6)
    iv.set(packet.subarray(2, 4), 10)
    for (let i = 0; i < iv.length; i++) iv[i]! ^= this.#keys.salt[i]!
    return iv
  }
}

interface Stream {
  ssrc: number
  readonly index: SrtpIndex
}

/**
 * SRTP in one direction under one master key (RFC 3711, RFC 7714); no MKI, no rekeying by time. A stream is known by
 * its SSRC, and followed once a packet of it proved to be under the key; so nobody else can begin or move one.
 */
export class SrtpSession {
  readonly key: SrtpKey
  readonly #transform: Transform
  readonly #streams: Stream[] = []
  /** Becomes the next one; until then whatever SSRC was seen last. */
  #next: Stream = { ssrc: 0, index: new SrtpIndex() }

  /** @throws Error when the key is not as long as the suite wants. */
  constructor(key: SrtpKey) {
    this.key = key
    const keys = sessionKeys(key)
    const { tagBytes, mode } = suites[key.suite]
    this.#transform = mode === 'counter' ? new CounterMode(keys, tagBytes) : new GaloisMode(keys)
  }

  /**
   * Makes SRTP of RTP, in place; `packet` has room for SRTP_GROWTH_BYTES more. Returns the new length; -1: it is no
   * RTP, or of a number that was sent: two packets under one number give away what protects them both (RFC 3711
   * section 9.1; RFC 7714 section 8.4), and a relayed peer chooses what it repeats.
   */
  protect(packet: Uint8Array, bytes: number): number {
    const payloadAt = payloadOffset(packet, bytes)
    if (payloadAt < 0 || bytes + SRTP_GROWTH_BYTES > MOST_PACKET_BYTES) return -1
    const stream = this.#stream(packet)
    const at = stream.index.of(view(packet).getUint16(2))
    if (stream.index.isOld(at)) return -1
    stream.index.accept(at)
    this.#keep(stream)
    return this.#transform.seal(packet, bytes, payloadAt, SrtpIndex.rolloverOf(at))
  }

  /** Makes RTP of SRTP, in place. Returns the new length; -1: not under this key, or seen before, and not to be used. */
  unprotect(packet: Uint8Array, bytes: number): number {
    const payloadAt = payloadOffset(packet, bytes)
    if (payloadAt < 0 || bytes > MOST_PACKET_BYTES) return -1
    const stream = this.#stream(packet)
    const at = stream.index.of(view(packet).getUint16(2))
    if (stream.index.isOld(at)) return -1
    const length = this.#transform.open(packet, bytes, payloadAt, SrtpIndex.rolloverOf(at))
    if (length < 0) return -1
    stream.index.accept(at)
    this.#keep(stream)
    return length
  }

  /** The packet's stream, or a new one, which is kept with its first packet that is accepted. */
  #stream(packet: Uint8Array): Stream {
    const ssrc = view(packet).getUint32(8)
    for (const stream of this.#streams) if (stream.ssrc === ssrc) return stream
    this.#next.ssrc = ssrc
    return this.#next
  }

  /** The one heard last is in front. */
  #keep(stream: Stream): void {
    if (this.#streams[0] === stream) return
    const at = this.#streams.indexOf(stream)
    if (at >= 0) this.#streams.splice(at, 1)
    else this.#next = { ssrc: 0, index: new SrtpIndex() }
    this.#streams.unshift(stream)
    if (this.#streams.length > MOST_STREAMS) this.#streams.pop()
  }
}
