import { lookup, Resolver } from 'node:dns/promises'
import type { Resolve } from './sources.ts'

/** Names under which a domain lists its servers (RFC 3263). */
const services = ['_sip._udp', '_sip._tcp', '_sips._tcp']
const maxServers = 32
// a name server that is away must not hold a call for long
const patience = { timeout: 1000, tries: 2 }

/** What is found of all these. Called as soon as they are asked: a refusal that nobody hears ends the process. */
const settled = async <T>(questions: readonly Promise<readonly T[]>[]): Promise<T[]> => {
  const results = await Promise.allSettled(questions)
  return results.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
}

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
    return settled([resolver.resolve4(name), resolver.resolve6(name)])
  }

  const serversOf = async (name: string): Promise<string[]> => {
    if (!name.includes('.')) return []
    const usual = settled(services.map((service) => resolver.resolveSrv(`${service}.${name}`)))
    const pointers = await settled([resolver.resolveNaptr(name)])
    const pointed = settled(
      pointers
        .filter(({ flags, replacement }) => flags.toLowerCase() === 's' && replacement !== '')
        .map(({ replacement }) => resolver.resolveSrv(replacement)),
    )
    const records = [...(await usual), ...(await pointed)]
    const names = records.map((record) => record.name).filter((each) => each !== '' && each !== '.')
    return [...new Set(names)].slice(0, maxServers)
  }

  return async (host) => {
    const named = serversOf(host)
    const own = addressesOf(host)
    const ownOnes = settled([own])
    const others = await settled((await named).map(addressesOf))
    const all = new Set([...(await ownOnes), ...others])
    // nothing at all: as it is told without services
    return all.size > 0 ? [...all] : own
  }
}
