import { lookup, type NaptrRecord, promises, type SrvRecord } from 'node:dns'
import { promisify } from 'node:util'

export type { NaptrRecord, SrvRecord }

export interface Addresses {
  readonly addresses: readonly string[]
  /** how long they may be kept; undefined where the system does not tell */
  readonly ttlS: number | undefined
}

/**
 * Name look-ups as a port; none ever rejects. An empty list: there is no such record. Undefined: no
 * name server answered, which says nothing about the name.
 */
export interface Dns {
  addresses(host: string, family: 4 | 6): Promise<Addresses | undefined>
  services(name: string): Promise<readonly SrvRecord[] | undefined>
  pointers(name: string): Promise<readonly NaptrRecord[] | undefined>
}

const absent = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME', 'EBADNAME'])

/** Nothing there, or nobody to say so. */
const orNone = <T>(error: unknown, none: T): T | undefined => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && absent.has(code) ? none : undefined
}

const systemLookup = promisify(lookup)

/** As the system has it: with its hosts file, without how long it is good for. */
const bySystem: Dns['addresses'] = async (host, family) => {
  try {
    const found = await systemLookup(host, { family, all: true })
    return { addresses: found.map(({ address }) => address), ttlS: undefined }
  } catch (error) {
    return orNone(error, { addresses: [], ttlS: undefined })
  }
}

// a name server that is away must not hold a call for long
const patience = { timeout: 1000, tries: 2 }

/**
 * @param servers `address` or `address:port` of the name servers to ask; without any those of the
 *   system, whose hosts file then decides before them about addresses
 */
export const dnsOf = (servers: readonly string[] = []): Dns => {
  const resolver = new promises.Resolver(patience)
  if (servers.length > 0) resolver.setServers(servers)
  const byServers: Dns['addresses'] = async (host, family) => {
    // no domain, so no business of theirs: a machine of this network
    if (!host.includes('.')) return bySystem(host, family)
    const ask = { ttl: true } as const
    try {
      const found = await (family === 4
        ? resolver.resolve4(host, ask)
        : resolver.resolve6(host, ask))
      const ttlS = Math.min(...found.map(({ ttl }) => ttl))
      return { addresses: found.map(({ address }) => address), ttlS }
    } catch (error) {
      return orNone(error, { addresses: [], ttlS: undefined })
    }
  }
  return {
    addresses: servers.length > 0 ? byServers : bySystem,
    services: (name) => resolver.resolveSrv(name).catch((error: unknown) => orNone(error, [])),
    pointers: (name) => resolver.resolveNaptr(name).catch((error: unknown) => orNone(error, [])),
  }
}
