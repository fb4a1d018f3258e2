import { isExtension } from '../core/numbers.ts'
import { decodeUser, parseSipUri } from './address.ts'

/** Who is meant by a request-URI, or the status that refuses it. */
export type Party = { readonly name: string } | { readonly refuse: 400 | 404 | 416 }

const maxUserLength = 256
const visualSeparators = /[-.() ]/g
const phoneLike = /^\+?[\d\-.() ]+$/
const dialString = /^(?:\+[1-9]\d{6,14}|[\d*#]{1,32})$/

/**
 * The user part of a `sip:`, `sips:` or `tel:` URI as E.164 with plus, digits as dialled, or a device's
 * name. Visual separators and parameters of the user part go (RFC 3966 sections 5.1.1 and 5.3). National
 * numbers are not completed: nobody here knows the country.
 */
export function partyOf(uri: string): Party {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === 'tel') return partyOfUser(uri.slice(4))
  if (scheme !== 'sip' && scheme !== 'sips') return { refuse: scheme === undefined ? 400 : 416 }
  const parsed = parseSipUri(uri)
  return parsed ? partyOfUser(parsed.user) : { refuse: 400 }
}

function partyOfUser(user: string): Party {
  const decoded = decodeUser(user.slice(0, maxUserLength).split(';')[0]!)
  if (decoded === undefined) return { refuse: 400 }
  const digits = phoneLike.test(decoded) ? decoded.replace(visualSeparators, '') : ''
  // `10.1` may be a device's name; nobody writes separators into so short a number.
  const name = digits.length >= 7 ? digits : decoded
  return dialString.test(name) || isExtension(name) ? { name } : { refuse: 404 }
}

/** The caller as the application shall see it: like a party, but whoever cannot be named is `anonymous`. */
export function callerOf(uri: string): string {
  const party = partyOf(uri)
  return 'name' in party ? party.name : 'anonymous'
}
