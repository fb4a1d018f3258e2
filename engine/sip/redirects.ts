import { parseNameAddress, splitList } from './address.ts'
import type { ResponseIn } from './link.ts'
import { partyOf } from './party.ts'

/** Contacts of a 3xx that are looked at. */
const maxRedirects = 5

/** The users in the Contact of a 3xx (RFC 3261 section 8.1.3.4); their hosts do not count: we call nobody there. */
export function redirectsOf(response: ResponseIn): readonly string[] | undefined {
  if (response.status < 300 || response.status > 399) return undefined
  const contacts = splitList(response.header('contact') ?? '').slice(0, maxRedirects)
  return contacts
    .map((value) => parseNameAddress(value))
    .map((address) => ({
      party: partyOf(address?.uri ?? ''),
      q: Number(address?.params['q'] ?? 1),
    }))
    .sort((a, b) => b.q - a.q)
    .flatMap(({ party }) => ('name' in party ? [party.name] : []))
}
