import type { LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import { Failure } from '../core/failures.ts'
import { type AllowedTarget, isAllowed } from '../core/targets.ts'
import { addressOf, isPublicAddress } from './addresses.ts'

const maxUrlLength = 4_096

/** All addresses of a name. */
export type Lookup = (name: string) => Promise<readonly LookupAddress[]>

/** Where outgoing requests may go: the public internet, and what the operator allowed beyond that. */
export interface Guard {
  /** Checks the form, and the address where the URL names one. Failure `url_not_allowed`. */
  check(url: string, field?: string): URL
  /**
   * The addresses to connect to. They are looked up once and used as they are, so that a name can't
   * point elsewhere between the check and the connection. Failures `url_not_allowed`, `url_unreachable`.
   */
  resolve(url: URL): Promise<readonly LookupAddress[]>
}

export function createGuard(allowed: readonly AllowedTarget[], lookup: Lookup = lookupAll): Guard {
  const mayReach = (address: string, port: number): boolean =>
    isPublicAddress(address) || isAllowed(allowed, address, port)

  const isAllowedName = (url: URL): boolean => isAllowed(allowed, nameOf(url), portOf(url))

  return {
    check(text, field) {
      const url = wellFormed(text, field)
      const address = addressOf(url.hostname)
      const ok =
        address === undefined
          ? isAllowedName(url) || !isLocalName(nameOf(url))
          : mayReach(address, portOf(url))
      if (!ok)
        throw refusal(
          `${url.host} is not a public address (RINGDOWN_ALLOWED_URL_TARGETS lists the exceptions)`,
          field,
        )
      return url
    },

    async resolve(url) {
      const literal = addressOf(url.hostname)
      const found = literal === undefined ? await lookedUp(lookup, url) : [asAddress(literal)]
      if (literal === undefined && isAllowedName(url)) return found
      const reachable = found.filter(({ address }) =>
        mayReach(addressOf(address) ?? address, portOf(url)),
      )
      if (reachable.length === 0)
        throw refusal(
          `${url.host} is not a public address (RINGDOWN_ALLOWED_URL_TARGETS lists the exceptions)`,
        )
      return reachable
    },
  }
}

function wellFormed(text: string, field: string | undefined): URL {
  const url = text.length > maxUrlLength ? null : URL.parse(text)
  if (url === null) throw refusal('not a URL', field)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refusal('only http and https URLs can be used', field)
  if (url.username !== '' || url.password !== '')
    throw refusal('a URL must not hold a user name or password', field)
  return url
}

const refusal = (message: string, field?: string): Failure =>
  new Failure('url_not_allowed', message, field)

/** Without the dot that makes a name absolute. */
const nameOf = (url: URL): string => url.hostname.replace(/\.$/, '')

const isLocalName = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost')

const portOf = (url: URL): number =>
  url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)

const asAddress = (address: string): LookupAddress => ({
  address,
  family: address.includes(':') ? 6 : 4,
})

async function lookedUp(lookup: Lookup, url: URL): Promise<readonly LookupAddress[]> {
  try {
    return await lookup(nameOf(url))
  } catch (error) {
    const why = `${url.hostname} cannot be resolved`
    throw new Failure('url_unreachable', why, undefined, { cause: error })
  }
}

const lookupAll: Lookup = (name) => systemLookup(name, { all: true })
