import type { Clock } from '../../core/clock.ts'
import type { Ban, BanReason, Bans, GuardCommand } from '../../core/ports/bans.ts'
import type { Log } from '../../core/ports/observe.ts'
import { type AllowedTarget, isAllowed, networkOf, plainAddress } from '../../core/targets.ts'

const firstBanMs = 10 * 60_000
const longestBanMs = 24 * 3_600_000
/** After so long without another ban the first one is forgotten. */
const forgivenMs = 24 * 3_600_000
/** Who has proved who he is is not banned for his neighbours; for at least as long as a phone is registered. */
const trustMs = 2 * 3_600_000
/** Wrong digests that count for a ban, within a minute. */
const provenLimit = 20
const windowMs = 60_000
const most = 10_000
const trunksEveryMs = 30_000

export interface BanListOptions {
  readonly clock: Clock
  readonly log: Log
  /** Addresses and networks (CIDR) that are never banned. */
  readonly never: readonly string[]
  /** The embedded SIP server, which drops what comes from a banned address; without it only we refuse. */
  readonly tell?: ((command: GuardCommand) => void) | undefined
}

interface Past {
  count: number
  lastMs: number
}

interface Wrong {
  sinceMs: number
  count: number
}

/**
 * Who is banned, and who is not to be. Only what cannot be done in another's name leads to a ban: on a
 * connection, or with a nonce that went to that very address. In memory: a restart forgives all.
 */
export class BanList implements Bans {
  readonly #options: BanListOptions
  readonly #never: readonly AllowedTarget[]
  readonly #bans = new Map<string, Ban>()
  readonly #past = new Map<string, Past>()
  readonly #wrong = new Map<string, Wrong>()
  /** Until when; least recent first. */
  readonly #trusted = new Map<string, number>()
  #trunks: readonly AllowedTarget[] = []
  #stopLooking = (): void => {}
  #total = 0

  constructor(options: BanListOptions) {
    this.#options = options
    this.#never = options.never.flatMap(networkOf)
  }

  /** Bans since the start. */
  get total(): number {
    return this.#total
  }

  list(): readonly Ban[] {
    const nowMs = this.#options.clock.nowMs()
    return [...this.#bans.values()].filter(({ untilMs }) => untilMs > nowMs).reverse()
  }

  lift(address: string): boolean {
    const at = plainAddress(address)
    const was = this.isBanned(at)
    this.#bans.delete(at)
    this.#past.delete(at)
    this.#wrong.delete(at)
    if (!was) return false
    this.#options.tell?.({ is: 'lift', address: at })
    this.#options.log.info('ban lifted', { address: at })
    return true
  }

  isBanned(address: string): boolean {
    const ban = this.#bans.get(plainAddress(address))
    return ban !== undefined && ban.untilMs > this.#options.clock.nowMs()
  }

  /** Right credentials with a nonce of ours. */
  proved(address: string): void {
    const at = plainAddress(address)
    const nowMs = this.#options.clock.nowMs()
    const untilMs = nowMs + trustMs
    const known = this.#trusted.get(at) ?? 0
    // a busy phone proves itself with every request: telling that once in a while is enough
    if (known - nowMs > trustMs / 2) return
    this.#trusted.delete(at)
    bounded(this.#trusted)
    this.#trusted.set(at, untilMs)
    this.#wrong.delete(at)
    this.#options.tell?.({ is: 'trust', address: at, untilMs })
  }

  /** Wrong credentials with a nonce that we gave this address, or on a connection. */
  wrongDigest(address: string): void {
    const at = plainAddress(address)
    const nowMs = this.#options.clock.nowMs()
    const known = this.#wrong.get(at)
    const wrong = known && nowMs - known.sinceMs < windowMs ? known : { sinceMs: nowMs, count: 0 }
    wrong.count++
    this.#wrong.delete(at)
    bounded(this.#wrong)
    this.#wrong.set(at, wrong)
  }

  /** So many users or passwords were tried from there that the address was locked. */
  lockedOut(address: string): void {
    const wrong = this.#wrong.get(plainAddress(address))
    const isProven = wrong !== undefined && wrong.count >= provenLimit
    if (isProven) this.offend(address, 'digests')
  }

  /** Bans, unless the address is one that is never banned, or somebody there has proved who he is. */
  offend(address: string, reason: BanReason): void {
    const at = plainAddress(address)
    if (this.isBanned(at) || this.#isNever(at) || this.#isTrusted(at)) return
    const { clock, log, tell } = this.#options
    const nowMs = clock.nowMs()
    const past = this.#past.get(at)
    const count = past && nowMs - past.lastMs < forgivenMs ? past.count + 1 : 1
    const lastsMs = Math.min(firstBanMs * 2 ** Math.min(count - 1, 20), longestBanMs)
    const ban: Ban = { address: at, reason, sinceMs: nowMs, untilMs: nowMs + lastsMs, count }
    this.#total++
    for (const all of [this.#past, this.#bans]) {
      all.delete(at)
      bounded(all)
    }
    this.#past.set(at, { count, lastMs: nowMs })
    this.#bans.set(at, ban)
    this.#wrong.delete(at)
    tell?.({ is: 'ban', address: at, untilMs: ban.untilMs })
    log.warn('address banned', { address: at, reason, lastsS: lastsMs / 1000, count })
  }

  /** Looks where the trunks are (CIDR), now and every half minute: they are neither limited nor banned. */
  watchTrunks(addresses: () => Promise<readonly string[]>): void {
    const look = async (): Promise<void> => {
      const found = [...new Set((await addresses()).map(plainAddress))]
      this.#trunks = found.flatMap(networkOf)
      for (const { address } of this.list()) if (this.#isNever(address)) this.lift(address)
      this.#options.tell?.({ is: 'exempt', addresses: found })
    }
    const again = (): void => {
      look().catch((error: unknown) => {
        this.#options.log.warn('addresses of trunks not found', { error: String(error) })
      })
      this.#stopLooking = this.#options.clock.after(trunksEveryMs, again)
    }
    again()
  }

  close(): void {
    this.#stopLooking()
  }

  #isTrusted(address: string): boolean {
    return (this.#trusted.get(address) ?? 0) > this.#options.clock.nowMs()
  }

  #isNever(address: string): boolean {
    const never = [...this.#trunks, ...this.#never]
    return isAllowed(never, address, undefined)
  }
}

function bounded(all: Map<string, unknown>): void {
  const oldest = all.size >= most ? all.keys().next().value : undefined
  if (oldest !== undefined) all.delete(oldest)
}
