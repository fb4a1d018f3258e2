import { type AccountLimits, dueMicro } from '../core/account-limits.ts'
import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { AppliedRate } from '../core/money/rate.ts'

const secondMs = 1_000
const minuteMs = 60_000
const minutesPerHour = 60

/** A call that an account makes, from the moment it is begun to its end. */
interface Open {
  readonly accountId: AccountId
  /** Undefined for calls that cost nothing: to devices and SIP addresses. */
  readonly rate: AppliedRate | undefined
  /** Monotonic. */
  readonly begunAtMs: number
}

/** An answered call that is over. */
export interface Spent {
  readonly micro: number
  readonly endedAtMs: number
}

interface Use {
  open: number
  /** When calls were begun, of the last second; monotonic. */
  begunAtMs: number[]
  /** What calls that are over have cost, by the minute of their end, of the last hour; monotonic. */
  spent: { readonly minute: number; micro: number }[]
}

/**
 * What accounts use of what they may use. After a restart nothing is open and nothing was begun, which is
 * true: calls do not outlive the process, and `recover` has given each of them its end. What they cost by
 * then counts on (`restore`).
 */
export class AccountDesk {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'nowMs'>
  readonly #answeredAtMs: (callId: CallId) => number | null
  readonly #uses = new Map<AccountId, Use>()
  readonly #open = new Map<CallId, Open>()
  readonly #restored = new Map<AccountId, Promise<void>>()
  /** Wall time; calls that ended before are not known here. */
  readonly sinceMs: number

  /** `answeredAtMs`: wall time, null for a call that is not answered. */
  constructor(
    clock: Pick<Clock, 'monotonicMs' | 'nowMs'>,
    answeredAtMs: (callId: CallId) => number | null,
  ) {
    this.#clock = clock
    this.#answeredAtMs = answeredAtMs
    this.sinceMs = clock.nowMs()
  }

  /** Has what was spent before the start read, once for each account: tried again when that fails. */
  restore(accountId: AccountId, read: () => Promise<readonly Spent[]>): Promise<void> {
    const known = this.#restored.get(accountId)
    if (known !== undefined) return known
    const restoring = read().then(
      (all) => this.#restore(accountId, all),
      (error: unknown) => {
        this.#restored.delete(accountId)
        throw error
      },
    )
    this.#restored.set(accountId, restoring)
    return restoring
  }

  /** Why the account may not begin a call now. `rate`: of one that costs something. */
  refusal(
    accountId: AccountId,
    limits: AccountLimits,
    rate: AppliedRate | undefined,
  ): Failure | undefined {
    const { maxCalls, maxCallsPerSecond } = limits
    const use = this.#use(accountId)
    if (maxCalls !== null && use.open >= maxCalls) {
      return reached(`the account has ${use.open} calls and may make ${maxCalls} at once`)
    }
    if (maxCallsPerSecond !== null && this.#begunLately(use) >= maxCallsPerSecond) {
      return reached(`the account may begin ${maxCallsPerSecond} calls in a second and has`)
    }
    return this.spendRefusal(accountId, limits, rate)
  }

  /** Why a call of the account may not go on at that rate now, though it is begun. */
  spendRefusal(
    accountId: AccountId,
    { maxSpendPerHourMicro }: AccountLimits,
    rate: AppliedRate | undefined,
  ): Failure | undefined {
    if (maxSpendPerHourMicro === null || rate === undefined) return undefined
    const dueNow = dueMicro(rate, null)
    if (dueNow === 0 || this.spentMicro(accountId) + dueNow <= maxSpendPerHourMicro)
      return undefined
    return reached('the account has spent in this hour what it may')
  }

  /** The account begins a call. */
  begin(callId: CallId, accountId: AccountId, rate: AppliedRate | undefined): void {
    const use = this.#use(accountId)
    use.open++
    const begunAtMs = this.#clock.monotonicMs()
    use.begunAtMs = [...this.#lately(use), begunAtMs]
    this.#open.set(callId, { accountId, rate, begunAtMs })
  }

  /** A call that is not answered yet goes elsewhere: it is the same one, and counts once. */
  turn(callId: CallId, rate: AppliedRate | undefined): void {
    const open = this.#open.get(callId)
    if (open) this.#open.set(callId, { ...open, rate })
  }

  /** The call could not be begun: it does not count among those of the last second either. */
  withdraw(callId: CallId): void {
    const open = this.#open.get(callId)
    if (!open) return
    const use = this.#use(open.accountId)
    const place = use.begunAtMs.indexOf(open.begunAtMs)
    if (place >= 0) use.begunAtMs.splice(place, 1)
    this.end(callId)
  }

  /** The call is over. Fine for a call that the account did not make. */
  end(callId: CallId): void {
    const open = this.#open.get(callId)
    if (!open) return
    this.#open.delete(callId)
    const use = this.#use(open.accountId)
    use.open--
    const micro = this.#costMicro(callId, open, false)
    if (micro > 0) this.#spend(use, micro)
  }

  /** Of the last hour, what is under way included as if it were answered at once. */
  spentMicro(accountId: AccountId): number {
    const use = this.#use(accountId)
    this.#forgetOld(use)
    let total = use.spent.reduce((sum, { micro }) => sum + micro, 0)
    for (const [callId, open] of this.#open) {
      if (open.accountId === accountId) total += this.#costMicro(callId, open, true)
    }
    return total
  }

  #costMicro(callId: CallId, { rate }: Open, isOpen: boolean): number {
    if (rate === undefined) return 0
    const answeredAtMs = this.#answeredAtMs(callId)
    if (answeredAtMs === null) return isOpen ? dueMicro(rate, null) : 0
    return dueMicro(rate, this.#clock.nowMs() - answeredAtMs)
  }

  #spend(use: Use, micro: number): void {
    this.#forgetOld(use)
    const minute = this.#minute()
    const last = use.spent.at(-1)
    if (last?.minute === minute) last.micro += micro
    else use.spent.push({ minute, micro })
  }

  #restore(accountId: AccountId, all: readonly Spent[]): void {
    const use = this.#use(accountId)
    const minutesAgo = ({ endedAtMs }: Spent) => (this.#clock.nowMs() - endedAtMs) / minuteMs
    const old = all.map((one) => ({
      minute: this.#minute() - Math.ceil(minutesAgo(one)),
      micro: one.micro,
    }))
    use.spent = [...old, ...use.spent]
  }

  #forgetOld(use: Use): void {
    const since = this.#minute() - minutesPerHour
    use.spent = use.spent.filter(({ minute }) => minute > since)
  }

  #minute(): number {
    return Math.floor(this.#clock.monotonicMs() / minuteMs)
  }

  #begunLately(use: Use): number {
    use.begunAtMs = this.#lately(use)
    return use.begunAtMs.length
  }

  #lately(use: Use): number[] {
    const sinceMs = this.#clock.monotonicMs() - secondMs
    return use.begunAtMs.filter((atMs) => atMs > sinceMs)
  }

  #use(accountId: AccountId): Use {
    const known = this.#uses.get(accountId)
    if (known) return known
    const fresh: Use = { open: 0, begunAtMs: [], spent: [] }
    this.#uses.set(accountId, fresh)
    return fresh
  }
}

const reached = (message: string): Failure => new Failure('limit_reached', message)
