import { createHash, createHmac } from 'node:crypto'
import type { OutgoingRequest } from '../core/ports/web.ts'

/**
 * How receivers prove that a request is ours. All forms are keyed hashes (RFC 2104) with a secret that both sides
 * know; whoever checks one compares in constant time.
 */

/**
 * `t=<Unix seconds>,v1=<hex>`: v1 is HMAC-SHA256 over `<t>.<signed part>`, so that a receiver can refuse both a forged
 * request and an old one sent again. With several secrets, the newest first, there is a `v1=` for each, so that a
 * receiver who knows any of them finds his: nobody misses a request while a secret is changed.
 */
export function signatureOf(
  signedPart: string,
  secrets: string | readonly string[],
  nowMs: number,
): string {
  const seconds = Math.floor(nowMs / 1_000)
  const each = typeof secrets === 'string' ? [secrets] : secrets
  const hashes = each.map((secret) => `v1=${hmacHex(`${seconds}.${signedPart}`, secret)}`)
  return [`t=${seconds}`, ...hashes].join(',')
}

/** The body; of a request without one, where everything stands in the address, its path with the query. */
export function signedPartOf({ url, body }: Pick<OutgoingRequest, 'url' | 'body'>): string {
  if (body !== undefined) return body
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** HMAC-SHA256 of the text as it is sent, in hexadecimal digits. */
export const hmacHex = (text: string, secret: string): string =>
  createHmac('sha256', secret).update(text).digest('hex')

/**
 * The headers by which a receiver knows a webhook of ours: our own signature, and the one that a dialect's clients
 * know, by the oldest secret that is valid: there is room for one, and whoever checks it has time to learn the next.
 * Without a secret there are none.
 */
export function signedHeaders(
  request: Pick<OutgoingRequest, 'url' | 'body' | 'signature'>,
  secrets: readonly string[],
  nowMs: number,
): Record<string, string> {
  const oldest = secrets.at(-1)
  if (oldest === undefined) return {}
  const own = { 'x-ringdown-signature': signatureOf(signedPartOf(request), secrets, nowMs) }
  const { signature, url, body = '' } = request
  if (signature === undefined) return own
  const { header, over } = signature
  const value =
    over === 'body' ? hmacHex(body, oldest) : addressSignature(url, fieldsOfForm(body), oldest)
  return { ...own, [header]: value }
}

/** A field of a form; one that stands there several times has several values. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>

/**
 * The signature that users of TwiML check (`X-Twilio-Signature`): base64 of HMAC-SHA1 over the address as it was
 * given, and, when the body is a form, each field's name and value, in the order of the names. A body of any other
 * kind is signed by its hash in the address: `addressWithBodyHash` has to be asked for, and signed, without fields.
 */
export function addressSignature(url: string, fields: FormFields, secret: string): string {
  const parts = Object.keys(fields)
    .toSorted(byCodeUnits)
    .flatMap((name) => valuesOf(fields[name] ?? '').map((value) => name + value))
  // A fragment is not sent: whoever checks it does not know of it.
  const [sent = ''] = url.split('#', 1)
  return createHmac('sha1', secret)
    .update(sent + parts.join(''))
    .digest('base64')
}

const valuesOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? [value] : [...new Set(value)].toSorted(byCodeUnits)

/** The order in which JavaScript has texts without being told otherwise. */
const byCodeUnits = (one: string, other: string): number =>
  Number(one > other) - Number(one < other)

/** The address to send a body to that is no form: with `bodySHA256`, the body's SHA-256 in hexadecimal digits. */
export function addressWithBodyHash(url: string, body: string): string {
  const hashed = new URL(url)
  hashed.searchParams.set('bodySHA256', createHash('sha256').update(body).digest('hex'))
  return hashed.href
}

/** The fields of a form as `addressSignature` wants them. */
export function fieldsOfForm(body: string): FormFields {
  const form = new URLSearchParams(body)
  return Object.fromEntries([...form.keys()].map((name) => [name, form.getAll(name)]))
}
