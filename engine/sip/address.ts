/** From, To and Contact values and the URIs in them (RFC 3261 sections 19.1 and 20.10). */
export interface NameAddress {
  readonly name: string | null
  readonly uri: string
  readonly params: Readonly<Record<string, string>>
}

export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  /** Still percent-encoded; without a password. */
  readonly user: string
  /** Lower case; IPv6 in brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly params: Readonly<Record<string, string>>
}

const maxLength = 1024

const listItem = /(?:"(?:[^"\\]|\\.)*"|<[^<>]*>|[^,])+/g
const maxListLength = 8192

/** Splits at commas that are in neither quotes nor angle brackets. What is too long is cut off. */
export const splitList = (text: string): string[] =>
  (text.slice(0, maxListLength).match(listItem) ?? [])
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** Undefined for anything that is not `"name" <uri>;params`, `name <uri>;params` or `uri;params`. */
export function parseNameAddress(text: string): NameAddress | undefined {
  const value = text.trim()
  if (value === '' || value.length > maxLength) return undefined
  const quotedName = /^"((?:[^"\\]|\\.)*)"\s*(?=<)/.exec(value)
  const rest = quotedName ? value.slice(quotedName[0].length) : value
  const open = rest.indexOf('<')
  if (open < 0) return quotedName ? undefined : bareAddress(rest)
  const close = rest.indexOf('>', open)
  if (close < 0) return undefined
  const uri = rest.slice(open + 1, close).trim()
  const plainName = rest.slice(0, open).trim()
  const name = quotedName ? (quotedName[1] ?? '').replace(/\\(.)/g, '$1') : plainName
  if (uri === '') return undefined
  return { name: name === '' ? null : name, uri, params: parseParams(rest.slice(close + 1)) }
}

/** Without brackets, parameters belong to the header, not to the URI (RFC 3261 section 20.10). */
function bareAddress(text: string): NameAddress | undefined {
  const end = text.indexOf(';')
  const uri = (end < 0 ? text : text.slice(0, end)).trim()
  if (uri === '' || /\s/.test(uri)) return undefined
  return { name: null, uri, params: end < 0 ? {} : parseParams(text.slice(end)) }
}

/** `;a=b;c`: names in lower case, a flag has the value ''. */
function parseParams(text: string): Record<string, string> {
  const params: Record<string, string> = Object.create(null)
  if (text === '') return params
  for (const match of text.matchAll(/;\s*([^\s;=]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;]*))?/g)) {
    const value = match[2] ?? ''
    params[match[1]!.toLowerCase()] = value.startsWith('"') ? value.slice(1, -1) : value
  }
  return params
}

const uriShape =
  /^(sips?):(?:([^@\s<>]*)@)?(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?)(?::(\d{1,5}))?((?:;[^?\s<>]*)?)(?:\?[^\s<>]*)?$/i

/** Undefined for a URI that is not `sip:` or `sips:` in form. Headers after `?` are dropped. */
export function parseSipUri(text: string): SipUri | undefined {
  if (text.length > maxLength) return undefined
  const match = uriShape.exec(text)
  if (!match) return undefined
  const port = match[4] === undefined ? undefined : Number(match[4])
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  return {
    scheme: match[1]!.toLowerCase() as 'sip' | 'sips',
    user: (match[2] ?? '').split(':')[0]!,
    host: match[3]!.toLowerCase(),
    port,
    params: parseParams(match[5] ?? ''),
  }
}

/** The user part of a URI as text, percent-decoded; undefined when the encoding is broken. */
export function decodeUser(user: string): string | undefined {
  try {
    return decodeURIComponent(user)
  } catch {
    return undefined
  }
}

/** A user part that is safe in any URI (RFC 3261 section 25.1: unreserved and user-unreserved). */
export const encodeUser = (user: string): string =>
  encodeURIComponent(user).replace(/%(2B|26|3D|24|2C)/g, (code) => decodeURIComponent(code))

/** A display name with a space after it, or nothing. Control characters are dropped. */
export function quoteName(name: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
  const clean = (name ?? '').replace(/[\u0000-\u001f\u007f]/g, '').slice(0, 64)
  return clean === '' ? '' : `"${clean.replace(/["\\]/g, '\\$&')}" `
}
