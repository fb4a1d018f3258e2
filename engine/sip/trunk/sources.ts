import { isIP } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { TrunkRecord } from '../../core/ports/sip.ts'
import { isAllowed, networkOf, plainAddress } from '../../core/targets.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import { decodeUser, parseSipUri } from '../address.ts'
import type { Hashes } from '../auth/authenticator.ts'
import type { RequestIn } from '../link/link.ts'
import { contactUserOf, trunkCalled } from './contact.ts'

export type Resolve = (host: string) => Promise<readonly string[]>

/** `exact`: the port is the trunk's too, or our Contact there was called, which only the trunk knows. */
export interface TrunkMatch {
  readonly trunk: TrunkRecord
  readonly exact: boolean
}

export interface TrunkLogin extends Hashes {
  readonly trunk: TrunkRecord
}

interface Known {
  readonly addresses: readonly string[]
  readonly untilMs: number
  /** The last look-up failed: from before, or none. */
  readonly isOld: boolean
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
  readonly #cache = new Map<string, Known>()
  /** Look-ups under way: one for each name, however many calls wait for it. */
  readonly #asking = new Map<string, Promise<readonly string[]>>()

  constructor(list: () => Promise<readonly TrunkRecord[]>, clock: Clock, resolve: Resolve) {
    this.#list = list
    this.#clock = clock
    this.#resolve = resolve
  }

  /** The trunk whose packet this may be, by where it comes from or by which Contact of ours it is for. */
  async match(
    request: Pick<RequestIn, 'address' | 'port' | 'uri'>,
  ): Promise<TrunkMatch | undefined> {
    const enabled = (await this.#list()).filter((trunk) => trunk.enabled)
    const called = trunkCalled(enabled, request.uri)
    if (called) return { trunk: called, exact: true }
    const byAddress = enabled.filter((trunk) => optionsOf(trunk).inbound.by === 'address')
    const address = plainAddress(request.address)
    const resolved = await Promise.all(byAddress.map((trunk) => this.#addressesOf(trunk.host)))
    const here = byAddress.filter(
      (trunk, i) => resolved[i]!.includes(address) || isListed(trunk, address),
    )
    // Of several at one provider the one whose Contact is called, where no more is left of it than the user.
    const user = decodeUser(parseSipUri(request.uri)?.user ?? '')
    const named = here.filter((trunk) => contactUserOf(trunk) === user)
    const candidates = named.length > 0 ? named : here
    const exact = candidates.find((trunk) => isPortOf(trunk, request.port))
    const trunk = exact ?? candidates[0]
    return trunk && { trunk, exact: exact !== undefined }
  }

  /** The trunk that authenticates its calls by this user name. */
  async byUsername(username: string): Promise<TrunkLogin | undefined> {
    for (const trunk of await this.#list()) {
      const { inbound } = optionsOf(trunk)
      if (trunk.enabled && inbound.by === 'digest' && inbound.username === username) {
        return { trunk, ha1Md5: inbound.ha1Md5, ha1Sha256: inbound.ha1Sha256 }
      }
    }
    return undefined
  }

  /** Where calls of trunks come from, addresses and networks (CIDR); what cannot be found now is left out. */
  async addresses(): Promise<string[]> {
    const enabled = (await this.#list()).filter((trunk) => trunk.enabled)
    const found = await Promise.all(enabled.map((trunk) => this.#addressesOf(trunk.host)))
    return [...found.flat(), ...enabled.flatMap(listedOf)]
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    const name = plainAddress(host.toLowerCase())
    if (isIP(name) !== 0) return [name]
    const known = this.#cache.get(name)
    if (known && known.untilMs > this.#clock.monotonicMs()) return known.addresses
    const asking = this.#asking.get(name) ?? this.#ask(name)
    // once it has been waited for in vain, no other call is held up
    return known?.isOld ? known.addresses : asking
  }

  #ask(name: string): Promise<readonly string[]> {
    const asking = this.#lookUp(name).then((found) => {
      this.#asking.delete(name)
      // A name server that is away does not make a trunk unknown.
      const addresses = found ?? this.#cache.get(name)?.addresses ?? []
      const untilMs = this.#clock.monotonicMs() + (found ? freshMs : retryMs)
      if (this.#cache.size >= maxNames) this.#cache.clear()
      this.#cache.set(name, { addresses, untilMs, isOld: found === undefined })
      return addresses
    })
    this.#asking.set(name, asking)
    return asking
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

function listedOf(trunk: TrunkRecord): readonly string[] {
  const { inbound } = optionsOf(trunk)
  return inbound.by === 'address' ? inbound.addresses : []
}

const isListed = (trunk: TrunkRecord, address: string): boolean =>
  isAllowed(listedOf(trunk).flatMap(networkOf), address, undefined)
