import { createCipheriv } from 'node:crypto'
import type { SrtpKey, SrtpSuite } from '../agreement.ts'

interface SuiteShape {
  readonly mode: 'counter' | 'galois'
  readonly keyBytes: 16 | 32
  readonly saltBytes: 12 | 14
  readonly tagBytes: number
}

/** RFC 4568 section 6.2 and RFC 7714 section 14.2. */
export const suites: Readonly<Record<SrtpSuite, SuiteShape>> = {
  AEAD_AES_256_GCM: { mode: 'galois', keyBytes: 32, saltBytes: 12, tagBytes: 16 },
  AEAD_AES_128_GCM: { mode: 'galois', keyBytes: 16, saltBytes: 12, tagBytes: 16 },
  AES_CM_128_HMAC_SHA1_80: { mode: 'counter', keyBytes: 16, saltBytes: 14, tagBytes: 10 },
  AES_CM_128_HMAC_SHA1_32: { mode: 'counter', keyBytes: 16, saltBytes: 14, tagBytes: 4 },
}

export interface SessionKeys {
  readonly cipher: Buffer
  /** Of no use in Galois mode. */
  readonly authentication: Buffer
  readonly salt: Buffer
}

const AUTHENTICATION_BYTES = 20
/** RFC 3711 section 4.3.2. */
const labels = {
  rtp: { cipher: 0, authentication: 1, salt: 2 },
  rtcp: { cipher: 3, authentication: 4, salt: 5 },
} as const
/** Where the label is, in 14 bytes of salt with two of a counter behind. */
const LABEL_AT = 7

/**
 * The keys of a session (RFC 3711 section 4.3, with a derivation rate of 0; RFC 7714 section 11).
 * @throws Error when the key is not as long as the suite wants.
 */
export function sessionKeys(
  { suite, keyBase64 }: SrtpKey,
  of: keyof typeof labels = 'rtp',
): SessionKeys {
  const { keyBytes, saltBytes } = suites[suite]
  const master = Buffer.from(keyBase64, 'base64')
  if (master.length !== keyBytes + saltBytes) {
    throw new Error(`a key of ${suite} has ${keyBytes + saltBytes} bytes, not ${master.length}`)
  }
  const derive = (label: number, bytes: number): Buffer => {
    const block = Buffer.alloc(16)
    master.copy(block, 0, keyBytes)
    block[LABEL_AT]! ^= label
    const name = keyBytes === 16 ? 'aes-128-ctr' : 'aes-256-ctr'
    return createCipheriv(name, master.subarray(0, keyBytes), block).update(Buffer.alloc(bytes))
  }
  return {
    cipher: derive(labels[of].cipher, keyBytes),
    authentication: derive(labels[of].authentication, AUTHENTICATION_BYTES),
    salt: derive(labels[of].salt, saltBytes),
  }
}
