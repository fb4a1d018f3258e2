import { lookup, Resolver } from 'node:dns/promises'
import type { Resolve } from './trunk-sources.ts'

/** Names under which a domain lists its servers (RFC 3263). */
const services = ['_sip._udp', '_sip._tcp', '_sips._tcp']
const maxServers = 32
// a name server that is away must not hold a call for long
const patience = { timeout: 1000, tries: 2 }

const fulfilled = <T>(results: readonly PromiseSettledResult<readonly T[]>[]): T[] =>
  results.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))

/**
 * How the addresses of a trunk are found: those of its name, and of all servers that its SRV and NAPTR
 * records list, for any of them may call us. Rejects when there are none.
 * @param servers name servers, `address` or `address:port`; without any the system's own look-up
 */
export const trunkResolver = (servers: readonly string[] = []): Resolve => {
  const resolver = new Resolver(patience)
  if (servers.length > 0) resolver.setServers(servers)

  const addressesOf = async (name: string): Promise<readonly string[]> => {
    const isOurs = servers.length > 0 && name.includes('.')
    if (!isOurs) return (await lookup(name, { all: true })).map(({ address }) => address)
    const both = [resolver.resolve4(name), resolver.resolve6(name)]
    return fulfilled(await Promise.allSettled(both))
  }

  const serversOf = async (name: string): Promise<string[]> => {
    if (!name.includes('.')) return []
    const usual = services.map((service) => resolver.resolveSrv(`${service}.${name}`))
    const pointers = fulfilled(await Promise.allSettled([resolver.resolveNaptr(name)]))
    const pointed = pointers
      .filter(({ flags, replacement }) => flags.toLowerCase() === 's' && replacement !== '')
      .map(({ replacement }) => resolver.resolveSrv(replacement))
    const records = fulfilled(await Promise.allSettled([...usual, ...pointed]))
    const names = records.map((record) => record.name).filter((each) => each !== '' && each !== '.')
    return [...new Set(names)].slice(0, maxServers)
  }

  return async (host) => {
    const named = serversOf(host)
    const own = addressesOf(host)
    const others = Promise.allSettled((await named).map(addressesOf))
    const found = fulfilled(await Promise.allSettled([own]))
    const all = new Set([...found, ...fulfilled(await others)])
    // nothing at all: as it is told without services
    return all.size > 0 ? [...all] : own
  }
}
