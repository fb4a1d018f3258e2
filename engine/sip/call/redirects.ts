import { parseNameAddress, splitList } from '../address.ts'
import type { Context } from '../context.ts'
import type { ResponseIn } from '../link/link.ts'
import { partyOf } from '../party.ts'

/** Contacts of a 3xx that are looked at. */
const maxRedirects = 5

/**
 * Who is meant by the Contact of a 3xx (RFC 3261 section 8.1.3.4): the devices that are registered with this very
 * URI, and after them the user. Hosts do not count otherwise: we call nobody there.
 */
export function redirectsOf(
  response: ResponseIn,
  { usernamesAt }: Pick<Context, 'usernamesAt'>,
): readonly string[] | undefined {
  if (response.status < 300 || response.status > 399) return undefined
  const contacts = splitList(response.header('contact') ?? '').slice(0, maxRedirects)
  const names = contacts
    .map((value) => parseNameAddress(value))
    .map((address) => ({ uri: address?.uri ?? '', q: Number(address?.params['q'] ?? 1) }))
    .sort((a, b) => b.q - a.q)
    .flatMap(({ uri }) => {
      const party = partyOf(uri)
      const devices = usernamesAt(uri).slice(0, maxRedirects)
      return [...devices, ...('name' in party ? [party.name] : [])]
    })
  return [...new Set(names)]
}
