import { randomBytes } from 'node:crypto'
import { type SrtpKey, type SrtpSuite, srtpSuites } from '../agreement.ts'
import type { CryptoLine } from './description.ts'

/** Keys of SRTP in SDP (RFC 4568). */

/** Of master key and salt together (RFC 4568 section 6.2, RFC 7714 section 12). */
const keyBytes: Readonly<Record<SrtpSuite, number>> = {
  AEAD_AES_256_GCM: 44,
  AEAD_AES_128_GCM: 28,
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
}

export const newKey = (suite: SrtpSuite): SrtpKey => ({
  suite,
  keyBase64: randomBytes(keyBytes[suite]).toString('base64'),
})

/** The lifetime is not looked at: no call lasts as long as the longest. A key with an MKI is not taken. */
function readKey(suite: SrtpSuite, text: string): SrtpKey | undefined {
  const [, base64, second = '', third] =
    /^inline:([A-Za-z0-9+/]+=*)(?:\|([^|;]*))?(\|.*)?$/.exec(text) ?? []
  if (base64 === undefined || third !== undefined || second.includes(':')) return undefined
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length === keyBytes[suite]
    ? { suite, keyBase64: bytes.toString('base64') }
    : undefined
}

/** Parameters that change nothing for us: a hint, a rate of 0, and what may be passed over (section 6.3). */
const isHarmless = (parameter: string): boolean => /^(WSH=\d+|KDR=0|-.+)$/i.test(parameter)

/**
 * Reads the value of a crypto line; undefined: not one that we can keep to, be it malformed, of another suite,
 * with an MKI, or with parameters that leave packets open.
 */
export function readCryptoLine(value: string): CryptoLine | undefined {
  const [tag = '', name = '', keys = '', ...parameters] = value.trim().split(/ +/)
  const suite = srtpSuites.find((known) => known === name.toUpperCase())
  if (!suite || !/^\d{1,9}$/.test(tag) || !parameters.every(isHarmless)) return undefined
  const key = readKey(suite, keys)
  return key && { tag: Number(tag), key }
}

/** The best of those, by our order. */
export function bestCryptoLine(values: readonly string[]): CryptoLine | undefined {
  const lines = values.map(readCryptoLine).filter((line) => line !== undefined)
  return srtpSuites
    .map((suite) => lines.find(({ key }) => key.suite === suite))
    .find((line) => line !== undefined)
}
