import { standingOf } from '../../core/account-standing.ts'
import type { Clock } from '../../core/clock.ts'
import type { AccountId } from '../../core/ids.ts'
import { type Authorities, type Caller, endOf } from './auth.ts'

/** The longest that a timer of Node waits. */
const longestMs = 2_147_483_647

interface Held {
  caller: Caller
  /** Until its credential ends by itself. */
  timer?: NodeJS.Timeout | undefined
  readonly to: Holder
}

/** Whoever keeps a connection open for a caller. */
export interface Holder {
  /** The same caller, with his account and scopes as they are now. */
  renewed(caller: Caller): void
  /** What let him in is good no more. */
  ended(why: string): void
}

/**
 * Callers who were let in for longer than one request. When their account or one of its keys changes, it is looked
 * again whether they may stay: a revoked key ends its connections at once. So does a credential that ends by itself
 * (`endsAtMs`), also where that was said later.
 */
export class Admissions {
  readonly #authorities: Pick<Authorities, 'accounts' | 'keys'>
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #held = new Map<AccountId, Set<Held>>()
  readonly #stop: () => void

  constructor(authorities: Pick<Authorities, 'accounts' | 'keys'>, clock: Pick<Clock, 'nowMs'>) {
    this.#authorities = authorities
    this.#clock = clock
    this.#stop = authorities.accounts.watch((id) => void this.#look(id))
  }

  /** Returns how to let go. */
  hold(caller: Caller, to: Holder): () => void {
    const { id } = caller.account
    const held: Held = { caller, to }
    const all = this.#held.get(id) ?? new Set()
    this.#held.set(id, all.add(held))
    this.#watchEnd(held)
    return () => {
      clearTimeout(held.timer)
      all.delete(held)
      if (all.size === 0 && this.#held.get(id) === all) this.#held.delete(id)
    }
  }

  close(): void {
    this.#stop()
  }

  #watchEnd(held: Held): void {
    clearTimeout(held.timer)
    const { endsAtMs } = held.caller
    if (endsAtMs === undefined) return
    const leftMs = endsAtMs - this.#clock.nowMs()
    held.timer = setTimeout(
      () => {
        if (leftMs > longestMs) this.#watchEnd(held)
        else held.to.ended('The credential has ended')
      },
      Math.max(0, Math.min(leftMs, longestMs)),
    )
  }

  async #look(id: AccountId): Promise<void> {
    for (const held of [...(this.#held.get(id) ?? [])]) {
      const now = await this.#again(held.caller).catch(() => undefined)
      const standing = now && standingOf(now.account)
      if (now === undefined) held.to.ended('The credential is not valid any more')
      else if (standing) held.to.ended(standing.message)
      else {
        held.caller = now
        // It may have been let go meanwhile.
        if (this.#held.get(id)?.has(held)) this.#watchEnd(held)
        held.to.renewed(now)
      }
    }
  }

  async #again(caller: Caller): Promise<Caller | undefined> {
    const { accounts, keys } = this.#authorities
    if (caller.key === undefined) {
      const account = await accounts.get(caller.account.id)
      return account && { ...caller, account }
    }
    const shown = await keys.shown(caller.key)
    if (shown === undefined) return undefined
    const { isTest } = caller.account
    const { endsAtMs: _, ...rest } = caller
    return {
      ...rest,
      ...endOf(shown.key, caller.tokenEndsAtMs),
      account: { ...shown.account, ...(isTest && { isTest }) },
      scopes: shown.key.scopes,
    }
  }
}
