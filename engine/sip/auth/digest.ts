import { hash as hashOf } from 'node:crypto'

/** HTTP digest as SIP uses it: RFC 2617, RFC 7616, RFC 8760. Both sides share this file. */
export type DigestAlgorithm = 'MD5' | 'SHA-256'

const hashes = { MD5: 'md5', 'SHA-256': 'sha256' } as const

export const hash = (algorithm: DigestAlgorithm, text: string): string =>
  hashOf(hashes[algorithm], text, 'hex')

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

const maxLength = 4096

/**
 * Every `Digest name=value, ...` of a header, in its order; several header lines come joined by commas.
 * Other schemes and what is too long to be honest are left out. Looks at each character once.
 */
export function parseDigests(header: string | undefined): DigestParams[] {
  if (header === undefined || header.length > maxLength) return []
  const found: Record<string, string>[] = []
  let current: Record<string, string> = Object.create(null)
  for (const { word, value, isFirst } of itemsOf(header)) {
    if (value !== undefined) current[word.toLowerCase()] = value
    else if (isFirst) {
      current = Object.create(null)
      if (word.toLowerCase() === 'digest') found.push(current)
    }
  }
  return found.filter((params) => Object.keys(params).length > 0)
}

interface Item {
  readonly word: string
  /** Absent for a word alone, such as the name of a scheme. */
  readonly value: string | undefined
  /** Nothing but a comma, or nothing at all, stands before it. */
  readonly isFirst: boolean
}

const gap = /[\s,]*/y
const wordThere = /[\w-]+/y
const equals = /\s*=\s*/y
const quoted = /"((?:[^"\\]|\\.)*)"/y
const bare = /[^\s,"]+/y

/** What the pattern matches at a position; '' for nothing. */
function at(pattern: RegExp, text: string, from: number): string {
  pattern.lastIndex = from
  return pattern.exec(text)?.[0] ?? ''
}

function* itemsOf(header: string): Generator<Item> {
  let from = 0
  while (from < header.length) {
    const before = at(gap, header, from)
    const isFirst = from === 0 || before.includes(',')
    from += before.length
    const word = at(wordThere, header, from)
    from += word.length
    if (word === '') {
      // whatever it is, it is skipped; a string that does not end has no end to skip to
      const other = header[from] === '"' ? at(quoted, header, from) : header[from]
      if (!other) return
      from += other.length
      continue
    }
    const sign = at(equals, header, from)
    const value = sign === '' ? undefined : valueAt(header, from + sign.length)
    yield { word, value: value?.text, isFirst }
    from = value === undefined ? from + sign.length : value.end
  }
}

function valueAt(header: string, from: number): { text: string; end: number } | undefined {
  const inQuotes = header[from] === '"' ? at(quoted, header, from) : ''
  if (inQuotes !== '') {
    const text = inQuotes.slice(1, -1).replace(/\\(.)/g, '$1')
    return { text, end: from + inQuotes.length }
  }
  const text = at(bare, header, from)
  return text === '' ? undefined : { text, end: from + text.length }
}

/** A value between quotes. */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
