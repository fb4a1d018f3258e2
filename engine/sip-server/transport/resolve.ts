import { isIP } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { Way } from './bad-places.ts'
import type { Addresses, Dns, SrvRecord } from './dns.ts'
import type { Place, Protocol, Target } from './peer.ts'
import { defaultPort, serviceName } from './protocols.ts'
import { orderServices, type Pointer, pointersOf } from './services.ts'

const cachedNames = 1000
/** of records whose age nobody tells: SRV and NAPTR, and what the system's own look-up gives */
const goodForMs = 30_000
/** a shorter time to live than that would be a look-up for each message */
const leastMs = 5000
const mostMs = 300_000
/** a name that is not there, or whose name server is away */
const badForMs = 3000
/** places that one request is tried at */
const maxWays = 8
const maxServices = 16

type Done = (ways: readonly Way[]) => void

/** One server of a name, with its addresses. */
interface Service extends Pick<SrvRecord, 'priority' | 'weight'> {
  readonly protocol: Protocol
  /** place of its NAPTR record in their order */
  readonly rank: number
  readonly places: readonly Place[]
}

interface Entry {
  readonly services: readonly Service[]
  readonly untilMs: number
  /** until then it is better than an answer of which a part is missing */
  readonly sureUntilMs: number
}

interface Wanted {
  readonly protocol: Protocol
  readonly rank: number
  readonly record: Pick<SrvRecord, 'name' | 'port' | 'priority' | 'weight'>
}

interface Look {
  readonly services: readonly Service[]
  readonly keepMs: number
  /** nobody answered: what was known before may still be true (RFC 8767) */
  readonly isAway: boolean
  /** the question for services was not answered, that for addresses was */
  readonly isDoubtful?: boolean
}

/** What of a target decides where it is. */
export type Named = Pick<Target, 'protocol' | 'host' | 'port' | 'service' | 'open'>

/** What the server can do. */
export interface Abilities {
  readonly families: readonly (4 | 6)[]
  /** transports to choose from where a URI leaves that open */
  readonly protocols: readonly Protocol[]
}

export interface ResolverParts extends Abilities {
  readonly clock: Clock
  readonly random: Pick<Random, 'below'>
  readonly dns: Dns
  /** runs what an answer leads to */
  contain(work: () => void): void
}

/** "There is decidedly no such service here" (RFC 2782). */
const isDenial = (records: readonly SrvRecord[]): boolean =>
  records.length === 1 && (records[0]?.name === '' || records[0]?.name === '.')

/**
 * Where a target is (RFC 3263). An address literal and what is remembered are told at once; others who
 * ask for a name are told in the order of asking, so that messages to one name keep their order.
 */
export class Resolver {
  readonly #parts: ResolverParts
  readonly #known = new Map<string, Entry>()
  readonly #waiting = new Map<string, Done[]>()

  constructor(parts: ResolverParts) {
    this.#parts = parts
  }

  /** All places to try, in that order; none: there is no such name. */
  resolve(target: Named, done: Done): void {
    const { host, port, protocol } = target
    if (isIP(host) !== 0) {
      done([{ protocol, address: host, port }])
      return
    }
    const how = target.service === true ? `service${target.open === true ? ' open' : ''}` : port
    const key = `${host.toLowerCase()} ${protocol} ${how}`
    const known = this.#known.get(key)
    if (known !== undefined && known.untilMs > this.#parts.clock.nowMs()) {
      done(this.#inOrder(known.services))
      return
    }
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      waiting.push(done)
      return
    }
    this.#waiting.set(key, [done])
    void this.#look(target)
      .catch((error: unknown) => {
        this.#parts.contain(() => {
          throw error
        })
        return { ...nobody, isAway: true }
      })
      .then((look) => this.#settle(key, look))
  }

  /** Nobody waits any more. */
  close(): void {
    this.#waiting.clear()
  }

  #inOrder(services: readonly Service[]): Way[] {
    const ranks = [...new Set(services.map(({ rank }) => rank))].sort((a, b) => a - b)
    const ordered = ranks.flatMap((each) =>
      orderServices(
        services.filter(({ rank }) => rank === each),
        this.#parts.random,
      ),
    )
    const ways = ordered.flatMap(({ places, protocol }) =>
      places.map((place) => ({ protocol, ...place })),
    )
    return ways.slice(0, maxWays)
  }

  #look(target: Named): Promise<Look> {
    // a name without a dot is a machine of this network, not a domain with services
    if (target.service === true && target.host.includes('.')) return this.#byServices(target)
    return this.#byAddress(target)
  }

  async #byAddress({ host, port, protocol }: Named): Promise<Look> {
    const one = { name: host, port, priority: 0, weight: 0 }
    return this.#withAddresses([{ protocol, rank: 0, record: one }], mostMs)
  }

  /** RFC 3263 sections 4.1 and 4.2. All questions at once: some routers never answer one of them. */
  async #byServices(target: Named): Promise<Look> {
    const { dns, protocols } = this.#parts
    const { host, protocol } = target
    const isOpen = target.open === true
    const choice = isOpen && protocol !== 'tls' ? protocols : [protocol]
    const asked = choice.map(
      (each): Pointer => ({ protocol: each, name: `${serviceName(each)}.${host}` }),
    )
    const [naptr, ...usual] = await Promise.all([
      isOpen ? dns.pointers(host) : [],
      ...asked.map(({ name }) => dns.services(name)),
    ])
    const pointers = pointersOf(naptr ?? [], choice)
    const found =
      pointers.length === 0
        ? usual.map((records) => records ?? [])
        : await Promise.all(pointers.map(({ name }) => this.#services(asked, usual, name)))
    const named = pointers.length === 0 ? asked : pointers
    const groups = found.map((records, rank) => ({
      records,
      rank,
      protocol: named[rank]!.protocol,
    }))
    const usable = groups.filter(({ records }) => records.length > 0 && !isDenial(records))
    // without NAPTR the first transport that there are services for is it
    const chosen = pointers.length === 0 ? usable.slice(0, 1) : usable
    if (chosen.length === 0) {
      if (groups.some(({ records }) => isDenial(records))) return nobody
      const look = await this.#byAddress({ ...target, port: defaultPort(protocol) })
      // no answer is not the answer that there are no services; some networks never give one
      const isDoubtful = naptr === undefined || usual.includes(undefined)
      return isDoubtful ? { ...look, keepMs: Math.min(look.keepMs, goodForMs), isDoubtful } : look
    }
    return this.#withAddresses(
      chosen
        .flatMap(({ records, ...of }) => records.map((record) => ({ ...of, record })))
        .slice(0, maxServices),
      // nobody tells the age of these records
      goodForMs,
    )
  }

  /** The answer may have come already, as most NAPTR records point to the usual names. */
  async #services(
    asked: readonly Pointer[],
    answers: readonly (readonly SrvRecord[] | undefined)[],
    name: string,
  ): Promise<readonly SrvRecord[]> {
    const index = asked.findIndex((each) => each.name.toLowerCase() === name.toLowerCase())
    return (index < 0 ? await this.#parts.dns.services(name) : answers[index]) ?? []
  }

  async #withAddresses(wanted: readonly Wanted[], longestMs: number): Promise<Look> {
    const found = await Promise.all(wanted.map(({ record }) => this.#addresses(record.name)))
    const services = wanted.map(({ protocol, rank, record }, index): Service => {
      const { priority, weight, port } = record
      const places = (found[index]?.addresses ?? []).map((address) => ({ address, port }))
      return { protocol, rank, priority, weight, places }
    })
    const useful = services.filter(({ places }) => places.length > 0)
    if (useful.length === 0) return { ...nobody, isAway: found.includes(undefined) }
    const ttls = found.flatMap((each) => each?.ttlS ?? [])
    const ttlMs = ttls.length > 0 ? Math.min(...ttls) * 1000 : goodForMs
    return {
      services: useful,
      keepMs: Math.min(Math.max(ttlMs, leastMs), longestMs),
      isAway: false,
    }
  }

  async #addresses(host: string): Promise<Addresses | undefined> {
    if (isIP(host) !== 0) return { addresses: [host], ttlS: undefined }
    const { dns, families } = this.#parts
    const found = await Promise.all(families.map((family) => dns.addresses(host, family)))
    const answers = found.filter((each) => each !== undefined)
    if (answers.length === 0) return undefined
    const ttls = answers.flatMap(({ ttlS }) => ttlS ?? [])
    const addresses = answers.flatMap((each) => each.addresses)
    // one family's server failing with nothing of the other says nothing
    if (addresses.length === 0 && answers.length < families.length) return undefined
    return { addresses, ttlS: ttls.length > 0 ? Math.min(...ttls) : undefined }
  }

  #settle(key: string, look: Look): void {
    const before = this.#known.get(key)
    const nowMs = this.#parts.clock.nowMs()
    const isKnown = before !== undefined && before.services.length > 0
    const isBetter =
      isKnown && (look.isAway || (look.isDoubtful === true && before.sureUntilMs > nowMs))
    const { services } = isBetter ? before : look
    const untilMs = nowMs + look.keepMs
    const sureUntilMs = isBetter ? before.sureUntilMs : look.isDoubtful ? 0 : untilMs + mostMs
    if (this.#known.size >= cachedNames) this.#known.clear()
    this.#known.set(key, { services, untilMs, sureUntilMs })
    const waiting = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    const ways = this.#inOrder(services)
    for (const done of waiting) this.#parts.contain(() => done(ways))
  }
}

const nobody: Look = { services: [], keepMs: badForMs, isAway: false }
