import { isIP } from 'node:net'
import type { Clock } from '../core/clock.ts'
import type { TrunkRecord } from '../core/ports/sip.ts'

export type Resolve = (host: string) => Promise<readonly string[]>

/** `exact`: the port is the trunk's too. */
export interface TrunkMatch {
  readonly trunk: TrunkRecord
  readonly exact: boolean
}

const freshMs = 60_000
/** A name that does not resolve is asked for again after this. */
const retryMs = 5_000
const maxNames = 1000
const lookupLimitMs = 3_000

/** Knows trunks by the address that their packets come from. */
export class TrunkSources {
  readonly #list: () => Promise<readonly TrunkRecord[]>
  readonly #resolve: Resolve
  readonly #clock: Clock
  readonly #cache = new Map<string, { addresses: readonly string[]; untilMs: number }>()

  constructor(list: () => Promise<readonly TrunkRecord[]>, clock: Clock, resolve: Resolve) {
    this.#list = list
    this.#clock = clock
    this.#resolve = resolve
  }

  async match(address: string, port: number): Promise<TrunkMatch | undefined> {
    const enabled = (await this.#list()).filter((trunk) => trunk.enabled)
    const resolved = await Promise.all(enabled.map((trunk) => this.#addressesOf(trunk.host)))
    const here = enabled.filter((_, i) => resolved[i]!.includes(plain(address)))
    const exact = here.find((trunk) => isPortOf(trunk, port))
    const trunk = exact ?? here[0]
    return trunk && { trunk, exact: exact !== undefined }
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    const name = plain(host.toLowerCase())
    if (isIP(name) !== 0) return [name]
    const known = this.#cache.get(name)
    if (known && known.untilMs > this.#clock.monotonicMs()) return known.addresses
    const found = await this.#lookUp(name)
    // A name server that is away does not make a trunk unknown.
    const addresses = found ?? known?.addresses ?? []
    const untilMs = this.#clock.monotonicMs() + (found ? freshMs : retryMs)
    if (this.#cache.size >= maxNames) this.#cache.clear()
    this.#cache.set(name, { addresses, untilMs })
    return addresses
  }

  #lookUp(name: string): Promise<readonly string[] | undefined> {
    return new Promise((done) => {
      const disarm = this.#clock.after(lookupLimitMs, () => done(undefined))
      this.#resolve(name).then(
        (addresses) => {
          disarm()
          done(addresses)
        },
        () => {
          disarm()
          done(undefined)
        },
      )
    })
  }
}

/** Where DNS says the port (0) the usual ones will do: it matters for those who share an address. */
const isPortOf = (trunk: TrunkRecord, port: number): boolean =>
  trunk.port === 0 ? port === 5060 || port === 5061 : trunk.port === port

/** Without the brackets of an IPv6 reference and without the prefix of a mapped IPv4 address. */
const plain = (address: string): string =>
  address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/, '')
