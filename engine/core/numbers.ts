/** E.164 with plus: 7 to 15 digits, no leading zero (ITU-T E.164 section 6). */
const e164Shape = /^\+[1-9]\d{6,14}$/
/** What a device is called by: 2 to 32 of letters, digits, dot, dash, underscore. */
const extensionShape = /^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$/

export const isE164 = (text: string): boolean => e164Shape.test(text)
export const isExtension = (text: string): boolean => extensionShape.test(text)

/**
 * The lab carrier's numbers: +1 500 555 xxxx. 500-555 is not assigned to anybody, so such a call can
 * never reach a real telephone.
 */
export const isLabNumber = (text: string): boolean => /^\+1500555\d{4}$/.test(text)

/**
 * The telephone number that the user part of a `sip:` URI writes, in E.164; undefined where it is none. A
 * gateway may dial it, so it is read as gateways do: without separators and parameters, an international
 * prefix (00, 011) or nothing at all for the plus.
 */
export function numberInUri(uri: string): string | undefined {
  const user = /^sips?:([^@]*)@/i.exec(uri)?.[1] ?? ''
  const written = decoded(user)
    .split(/[;:]/)[0]!
    .replace(/[-.() ]/g, '')
  const number = /^\d{7,}$/.test(written) ? `+${written.replace(/^(?:00|011)/, '')}` : written
  return isE164(number) ? number : undefined
}

function decoded(user: string): string {
  try {
    return decodeURIComponent(user)
  } catch {
    return user
  }
}

/** Where a call is to go, as an application writes it. */
export type Destination =
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'device'; readonly username: string }
  | { readonly kind: 'uri'; readonly uri: string }

/**
 * Reads a `to`: E.164, a `sip:`/`sips:` URI, or a device's user name. Returns undefined for anything
 * else. Digits that would be a national number are not guessed at: they are a device's name or nothing.
 */
export function parseDestination(text: string): Destination | undefined {
  if (isE164(text)) return { kind: 'number', number: text }
  if (/^sips?:[^\s<>"]{1,250}$/i.test(text)) return { kind: 'uri', uri: text }
  if (isExtension(text)) return { kind: 'device', username: text }
  return undefined
}
