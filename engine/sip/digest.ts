import { createHash } from 'node:crypto'

/** HTTP digest as SIP uses it: RFC 2617, RFC 7616, RFC 8760. Both sides share this file. */
export type DigestAlgorithm = 'MD5' | 'SHA-256'

const hashes = { MD5: 'md5', 'SHA-256': 'sha256' } as const

export const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(hashes[algorithm]).update(text).digest('hex')

export interface DigestInput {
  readonly algorithm: DigestAlgorithm
  /** H(username:realm:password). */
  readonly ha1: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** Absent for a peer that knows RFC 2069 only. */
  readonly qop?: { readonly value: 'auth'; readonly nc: string; readonly cnonce: string }
}

/** RFC 7616 section 3.4.1, qop `auth` or none. */
export function digestResponse(input: DigestInput): string {
  const ha2 = hash(input.algorithm, `${input.method}:${input.uri}`)
  const { qop } = input
  const middle = qop ? `${input.nonce}:${qop.nc}:${qop.cnonce}:${qop.value}` : input.nonce
  return hash(input.algorithm, `${input.ha1}:${middle}:${ha2}`)
}

/** The name in the wire's spelling; undefined for one that we do not know. Absent means MD5. */
export function algorithmOf(text: string | undefined): DigestAlgorithm | undefined {
  const name = (text ?? 'MD5').toUpperCase()
  return name === 'MD5' || name === 'SHA-256' ? name : undefined
}

export type DigestParams = Readonly<Record<string, string>>

const param = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g
const maxLength = 4096

/**
 * Every `Digest name=value, ...` of a header, in its order; several header lines come joined by commas.
 * Other schemes and what is too long to be honest are left out.
 */
export function parseDigests(header: string | undefined): DigestParams[] {
  if (header === undefined || header.length > maxLength) return []
  const found: DigestParams[] = []
  const starts = [...header.matchAll(/(?:^|,)\s*([A-Za-z]+)\s+(?=[\w-]+\s*=)/g)]
  starts.forEach((start, i) => {
    if (start[1]!.toLowerCase() !== 'digest') return
    const from = start.index + start[0].length
    found.push(parseParams(header.slice(from, starts[i + 1]?.index)))
  })
  return found
}

function parseParams(text: string): DigestParams {
  const params: Record<string, string> = Object.create(null)
  for (const match of text.matchAll(param)) {
    params[match[1]!.toLowerCase()] = match[3] ?? (match[2] ?? '').replace(/\\(.)/g, '$1')
  }
  return params
}

/** A value between quotes. */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
