import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createHmac,
  timingSafeEqual,
} from 'node:crypto'
import type { SrtpKey } from '../agreement.ts'
import { SrtpIndex } from './srtp-index.ts'
import { type SessionKeys, sessionKeys, suites } from './srtp-keys.ts'

/** What a packet may grow by: the longest tag, and the index. */
export const SRTCP_GROWTH_BYTES = 20
/** In the clear: version, type, length, and who sends it. */
const HEADER_BYTES = 8
const INDEX_BYTES = 4
/** Of HMAC-SHA1, for both suites of counter mode (RFC 4568 section 6.2). */
const TAG_BYTES = 10
const GALOIS_TAG_BYTES = 16
const MOST_BYTES = 2048
const ENCRYPTED = 0x8000_0000
const MOST_INDEX = 0x7fff_ffff

/** Returns the new length; -1: not what the key made. `index` with the flag of encryption. */
interface Transform {
  seal(packet: Buffer, bytes: number, index: number): number
  open(packet: Buffer, bytes: number): number
}

/** AES in counter mode, index, and a tag over all (RFC 3711 section 3.4). */
class CounterMode implements Transform {
  readonly #keys: SessionKeys

  constructor(keys: SessionKeys) {
    this.#keys = keys
  }

  seal(packet: Buffer, bytes: number, index: number): number {
    this.#crypt(packet, bytes, index)
    const end = packet.writeUInt32BE(index, bytes)
    packet.set(this.#tag(packet, end), end)
    return end + TAG_BYTES
  }

  open(packet: Buffer, bytes: number): number {
    const tagAt = bytes - TAG_BYTES
    const end = tagAt - INDEX_BYTES
    if (end < HEADER_BYTES) return -1
    const tag = this.#tag(packet, tagAt)
    if (!timingSafeEqual(tag, packet.subarray(tagAt, bytes))) return -1
    const index = packet.readUInt32BE(end)
    if (index >= ENCRYPTED) this.#crypt(packet, end, index)
    return end
  }

  #tag(packet: Buffer, bytes: number): Buffer {
    const hmac = createHmac('sha1', this.#keys.authentication)
    return hmac.update(packet.subarray(0, bytes)).digest().subarray(0, TAG_BYTES)
  }

  #crypt(packet: Buffer, end: number, index: number): void {
    const iv = Buffer.alloc(16)
    iv.set(packet.subarray(4, 8), 4)
    iv.writeUInt32BE(index & MOST_INDEX, 10)
    xor(iv, this.#keys.salt)
    const cipher = createCipheriv('aes-128-ctr', this.#keys.cipher, iv)
    packet.set(cipher.update(packet.subarray(HEADER_BYTES, end)), HEADER_BYTES)
  }
}

/** AES in Galois/counter mode (RFC 7714 section 9): what was encrypted, its tag, then the index. */
class GaloisMode implements Transform {
  readonly #name: 'aes-128-gcm' | 'aes-256-gcm'
  readonly #keys: SessionKeys

  constructor(keys: SessionKeys) {
    this.#keys = keys
    this.#name = keys.cipher.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
  }

  seal(packet: Buffer, bytes: number, index: number): number {
    const word = Buffer.alloc(INDEX_BYTES)
    word.writeUInt32BE(index)
    const cipher: CipherGCM = createCipheriv(this.#name, this.#keys.cipher, this.#iv(packet, index))
    cipher.setAAD(Buffer.concat([packet.subarray(0, HEADER_BYTES), word]))
    packet.set(cipher.update(packet.subarray(HEADER_BYTES, bytes)), HEADER_BYTES)
    cipher.final()
    packet.set(cipher.getAuthTag(), bytes)
    packet.set(word, bytes + GALOIS_TAG_BYTES)
    return bytes + GALOIS_TAG_BYTES + INDEX_BYTES
  }

  open(packet: Buffer, bytes: number): number {
    const indexAt = bytes - INDEX_BYTES
    const end = indexAt - GALOIS_TAG_BYTES
    if (end < HEADER_BYTES) return -1
    const index = packet.readUInt32BE(indexAt)
    const isEncrypted = index >= ENCRYPTED
    const clear = packet.subarray(0, isEncrypted ? HEADER_BYTES : end)
    const cipher = createDecipheriv(this.#name, this.#keys.cipher, this.#iv(packet, index))
    cipher.setAAD(Buffer.concat([clear, packet.subarray(indexAt, bytes)]))
    cipher.setAuthTag(packet.subarray(end, indexAt))
    const plain = isEncrypted ? cipher.update(packet.subarray(HEADER_BYTES, end)) : undefined
    try {
      cipher.final()
    } catch {
      return -1
    }
    if (plain) packet.set(plain, HEADER_BYTES)
    return end
  }

  #iv(packet: Buffer, index: number): Buffer {
    const iv = Buffer.alloc(12)
    iv.set(packet.subarray(4, 8), 2)
    iv.writeUInt32BE(index & MOST_INDEX, 8)
    return xor(iv, this.#keys.salt)
  }
}

function xor(to: Buffer, salt: Uint8Array): Buffer {
  for (const [at, byte] of salt.entries()) to[at] = (to[at] ?? 0) ^ byte
  return to
}

/**
 * SRTCP in one direction under one master key (RFC 3711 section 3.4, RFC 7714 section 9). A few packets a minute:
 * unlike SRTP it may allocate.
 */
export class SrtcpSession {
  readonly #transform: Transform
  /** Which of the peer's came already. Those of all who send under the key, who are one. */
  readonly #seen = new SrtpIndex()
  #sent = 0

  /** @throws Error when the key is not as long as the suite wants. */
  constructor(key: SrtpKey, keys = sessionKeys(key, 'rtcp')) {
    const { mode } = suites[key.suite]
    this.#transform = mode === 'counter' ? new CounterMode(keys) : new GaloisMode(keys)
  }

  /** Makes SRTCP of RTCP, in place; there is room for SRTCP_GROWTH_BYTES more. The new length; -1: no more under this key. */
  protect(packet: Buffer, bytes: number): number {
    if (bytes < HEADER_BYTES || this.#sent >= MOST_INDEX) return -1
    this.#sent += 1
    return this.#transform.seal(packet, bytes, ENCRYPTED + this.#sent)
  }

  /** Makes RTCP of SRTCP, in place. The new length; -1: not under this key, or seen before. */
  unprotect(packet: Uint8Array, bytes: number): number {
    if (bytes > MOST_BYTES || bytes > packet.length) return -1
    const buffer = Buffer.from(packet.buffer, packet.byteOffset, packet.length)
    const index = this.#indexOf(buffer, bytes)
    if (index < 0 || this.#seen.isOld(index)) return -1
    const length = this.#transform.open(buffer, bytes)
    if (length >= 0) this.#seen.accept(index)
    return length
  }

  #indexOf(packet: Buffer, bytes: number): number {
    const at = bytes - INDEX_BYTES - (this.#transform instanceof CounterMode ? TAG_BYTES : 0)
    return at < HEADER_BYTES ? -1 : packet.readUInt32BE(at) & MOST_INDEX
  }
}
