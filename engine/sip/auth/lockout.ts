import type { Clock } from '../../core/clock.ts'
import { Rate } from './rate.ts'

const windowMs = 60_000
/** Wrong digests for one user name from one address. */
const userLimit = 20
/** Wrong digests from one address: so many, or fewer that try many names. */
const addressLimit = 100
const guesserLimit = { failed: 20, names: 5 } as const
const lockMs = 300_000
const maxRemembered = 10_000
const maxProved = 50_000
/** Places that are remembered of one name at one address. */
const maxSources = 4
/** While a name is locked where its phone has been: how often a try from another port there is looked at. */
const turnMs = 3_000

interface Tries {
  sinceMs: number
  failed: number
  lockedUntilMs: number
  /** Pairs of address and user name that were tried, as many as matter; for an address only. */
  readonly names: Set<string>
}

/** What a failure led to. */
export interface Locked {
  readonly scope: 'address' | 'user'
  readonly lockMs: number
}

/** `slow`: locked, but the phone of that name has been at the address and may be back by another port. */
export type Access = 'free' | 'slow' | 'locked'

/**
 * Counts wrong digests within a minute and locks for five: a user name at an address, where one phone with
 * an old password must not silence its whole office; or all of an address from which many are guessed, but
 * for the phones that have registered from there. A user name is never locked everywhere: whoever guesses
 * it from many places would silence the honest phone. Nor is it where it proved itself last, by address and
 * port, as long as nothing wrong comes from there: a neighbour's guesses are no reason to refuse it.
 */
export class Lockout {
  readonly #clock: Clock
  /** By address, and by address and name; least recently failed first, bounded by forgetting those. */
  readonly #addresses = new Map<string, Tries>()
  readonly #users = new Map<string, Tries>()
  /** Of address and name the sources of right digests, the last one last; least recent first. */
  readonly #proved = new Map<string, readonly string[]>()
  readonly #turns: Rate

  constructor(clock: Clock) {
    this.#clock = clock
    this.#turns = new Rate(clock, 1, turnMs)
  }

  /** `from`: protocol, address and port. */
  access(address: string, username: string, from: string): Access {
    const nowMs = this.#clock.monotonicMs()
    const pair = pairOf(address, username)
    const proved = this.#proved.get(pair)
    if (isAt(this.#users.get(pair), nowMs)) {
      if (proved === undefined) return 'locked'
      return proved.includes(from) ? 'free' : 'slow'
    }
    return this.isShut(address, username) ? 'locked' : 'free'
  }

  /** Only phones that have registered from the address are heard from there. */
  isShut(address: string, username: string): boolean {
    const isLocked = isAt(this.#addresses.get(address), this.#clock.monotonicMs())
    return isLocked && !this.#proved.has(pairOf(address, username))
  }

  /** Whether a try that is to be slow may be looked at now. */
  takeTurn(address: string, username: string): boolean {
    return this.#turns.take(pairOf(address, username))
  }

  /** What this failure locked, if it was the one that did. */
  failed(address: string, username: string, from: string): Locked | undefined {
    const source = this.#count(this.#addresses, address)
    const pair = pairOf(address, username)
    const proved = this.#proved.get(pair)
    if (proved?.includes(from)) {
      const rest = proved.filter((one) => one !== from)
      this.#proved.set(pair, rest)
    }
    // not the name itself, which anybody may write as long as a header can be
    if (source.names.size < guesserLimit.names) source.names.add(pair)
    const user = this.#count(this.#users, pair)
    const nowMs = this.#clock.monotonicMs()
    const isGuesser =
      source.failed >= guesserLimit.failed && source.names.size >= guesserLimit.names
    if ((isGuesser || source.failed >= addressLimit) && !isAt(source, nowMs)) {
      source.lockedUntilMs = nowMs + lockMs
      return { scope: 'address', lockMs }
    }
    if (user.failed < userLimit || isAt(user, nowMs)) return undefined
    user.lockedUntilMs = nowMs + lockMs
    return { scope: 'user', lockMs }
  }

  succeeded(address: string, username: string, from: string): void {
    const pair = pairOf(address, username)
    const others = (this.#proved.get(pair) ?? []).filter((one) => one !== from)
    this.#proved.delete(pair)
    if (this.#proved.size >= maxProved) forgetOldest(this.#proved)
    this.#proved.set(pair, [...others.slice(1 - maxSources), from])
  }

  get size(): number {
    return this.#addresses.size
  }

  #count(all: Map<string, Tries>, key: string): Tries {
    const nowMs = this.#clock.monotonicMs()
    const known = all.get(key)
    const counts = known && (nowMs - known.sinceMs < windowMs || isAt(known, nowMs))
    const tries = counts
      ? known
      : { sinceMs: nowMs, failed: 0, lockedUntilMs: 0, names: new Set<string>() }
    all.delete(key)
    if (all.size >= maxRemembered) forgetOldest(all)
    all.set(key, tries)
    tries.failed++
    return tries
  }
}

const pairOf = (address: string, username: string): string => `${address} ${username.slice(0, 64)}`

const isAt = (tries: Tries | undefined, nowMs: number): boolean =>
  (tries?.lockedUntilMs ?? 0) > nowMs

function forgetOldest(all: Map<string, unknown>): void {
  const oldest = all.keys().next().value
  if (oldest !== undefined) all.delete(oldest)
}
