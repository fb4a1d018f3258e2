import type { Clock } from '../core/clock.ts'

const windowMs = 60_000
/** Wrong digests for one user name from one address. */
const userLimit = 20
/** Wrong digests from one address: so many, or fewer that try many names. */
const addressLimit = 100
const guesserLimit = { failed: 20, names: 5 } as const
const lockMs = 300_000
const maxRemembered = 10_000

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

/**
 * Counts wrong digests within a minute and locks for five: a user name at an address, where one phone with
 * an old password must not silence its whole office; or all of an address from which many are guessed, but
 * for the phones that have registered from there. A user name is never locked everywhere: whoever guesses
 * it from many places would silence the honest phone.
 */
export class Lockout {
  readonly #clock: Clock
  /** By address, and by address and name; least recently failed first, bounded by forgetting those. */
  readonly #addresses = new Map<string, Tries>()
  readonly #users = new Map<string, Tries>()
  /** Address and name of right digests, least recent first. */
  readonly #proved = new Set<string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isLocked(address: string, username: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const pair = pairOf(address, username)
    if (isAt(this.#users.get(pair), nowMs)) return true
    return isAt(this.#addresses.get(address), nowMs) && !this.#proved.has(pair)
  }

  /** What this failure locked, if it was the one that did. */
  failed(address: string, username: string): Locked | undefined {
    const source = this.#count(this.#addresses, address)
    const pair = pairOf(address, username)
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

  succeeded(address: string, username: string): void {
    const pair = pairOf(address, username)
    this.#proved.delete(pair)
    if (this.#proved.size >= maxRemembered) forgetOldest(this.#proved)
    this.#proved.add(pair)
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

function forgetOldest(all: Map<string, unknown> | Set<string>): void {
  const oldest = all.keys().next().value
  if (oldest !== undefined) all.delete(oldest)
}
