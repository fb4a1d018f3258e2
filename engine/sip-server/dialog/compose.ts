import { parseAddress, tagOf } from '../message/address.ts'
import type { SipMessage } from '../message/message.ts'
import { printedName } from '../message/names.ts'
import type { Field } from '../message/print.ts'

/** Fields of an application's frame that it may not set; they are left out without a word. */
const immutable = new Set(['via', 'route', 'record-route', 'rseq', 'content-length'])

/** Fields that the server places itself, with or without a value of the application. */
const placed = new Set(['from', 'to', 'call-id', 'cseq', 'contact', 'max-forwards', 'content-type'])

/** Remaining fields of the application's frame, in its order, with printable names. */
export const otherFields = (frame: SipMessage, except: ReadonlySet<string> = placed): Field[] => {
  const fields: Field[] = []
  frame.keys.forEach((key, index) => {
    if (immutable.has(key) || except.has(key)) return
    fields.push([printedName(frame.nameAt(index)), frame.valueAt(index)])
  })
  return fields
}

/** Content-Type as given, or SDP for what looks like it, or undefined with a body nobody named. */
export const contentType = (
  frame: SipMessage,
): { readonly fields: Field[] } | { readonly missing: true } => {
  const given = frame.header('content-type')
  if (given !== undefined) return { fields: [['Content-Type', given]] }
  if (frame.bodyAt >= frame.text.length) return { fields: [] }
  if (frame.text.startsWith('v=0', frame.bodyAt)) {
    return { fields: [['Content-Type', 'application/sdp']] }
  }
  return { missing: true }
}

/** The placeholder `user@localhost` that the client library writes, with our real address. */
export const withoutPlaceholder = (value: string, hostPort: string): string =>
  value.replace(/@localhost(?![\w.:-])/i, () => `@${hostPort}`)

const identityKeys = new Set(['p-asserted-identity'])

/** The same fields with the placeholder replaced where the protocol says so. */
export const withIdentity = (fields: readonly Field[], hostPort: string): Field[] =>
  fields.map(([name, value]) =>
    identityKeys.has(name.toLowerCase())
      ? [name, withoutPlaceholder(value, hostPort)]
      : [name, value],
  )

/** A From, To or Contact value in name-addr form; unusable text is left alone. */
export const nameAddr = (value: string): string => {
  const address = parseAddress(value)
  if (address === undefined) return value
  const display = address.display === '' ? '' : `${address.display} `
  return `${display}<${address.uri}>${address.params}`
}

export const withTag = (value: string, tag: string): string =>
  tagOf(value) === undefined ? `${value};tag=${tag}` : value
