import type { AccountId, CallId } from '../../core/ids.ts'
import { floorMicro } from '../../core/money/ledger.ts'
import { isFree } from '../../core/money/rate.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { Meter } from './meter.ts'
import { speakNotice } from './notice.ts'

const usualNoticeMs = 60_000

interface Metered {
  readonly meters: Map<CallId, Meter>
  readonly unwatch: () => void
  /** It is being looked at; `again`: and has to be once more. */
  looking: 'no' | 'yes' | 'again'
}

/** The calls that are up and cost something, by account: which of them will be able to go on, and who is told that not. */
export class Meters {
  readonly #ports: Ports
  readonly #byAccount = new Map<AccountId, Metered>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The call has been answered. */
  start(call: LiveCall): void {
    const { money, accountId } = call.record
    if (money === null || money.billing === 'off') return
    if (money.rate === null || isFree(money.rate)) return
    const account = this.#account(accountId)
    if (account.meters.has(call.id)) return
    const noticeMs = this.#ports.settings.creditNoticeMs ?? usualNoticeMs
    const look = () => this.#look(accountId)
    const meter = new Meter(this.#ports, call, money.rate, { noticeMs, look })
    account.meters.set(call.id, meter)
    // The end of its first minute may be near enough already.
    look()
    void call.ended.then(() => this.#stop(accountId, meter))
  }

  #account(id: AccountId): Metered {
    const known = this.#byAccount.get(id)
    if (known) return known
    // Each call that begins or ends, and each top-up, is in the log.
    const unwatch = this.#ports.store.events.watch((changed) => {
      if (changed === id) this.#look(id)
    })
    const fresh: Metered = { meters: new Map(), unwatch, looking: 'no' }
    this.#byAccount.set(id, fresh)
    return fresh
  }

  #stop(id: AccountId, meter: Meter): void {
    meter.stop()
    const account = this.#byAccount.get(id)
    if (!account) return
    account.meters.delete(meter.call.id)
    if (account.meters.size > 0) return
    account.unwatch()
    this.#byAccount.delete(id)
  }

  #look(id: AccountId): void {
    const account = this.#byAccount.get(id)
    if (!account || ![...account.meters.values()].some(({ isNear }) => isNear)) return
    if (account.looking !== 'no') {
      account.looking = 'again'
      return
    }
    account.looking = 'yes'
    void this.#judge(id, account)
      .catch((error: unknown) => {
        this.#ports.log.error('balance not looked at', { accountId: id, error: String(error) })
      })
      .finally(() => {
        const again = account.looking === 'again'
        account.looking = 'no'
        if (again) this.#look(id)
      })
  }

  /** Those whose minute ends first are paid first. */
  async #judge(id: AccountId, { meters }: Metered): Promise<void> {
    const now = await this.#ports.store.money.account(id)
    const floor = floorMicro(now)
    let leftMicro = floor === null ? Number.POSITIVE_INFINITY : now.balanceMicro - floor
    const near = [...meters.values()].filter(({ isNear }) => isNear)
    for (const meter of near.sort((a, b) => a.paidUntilMs - b.paidUntilMs)) {
      leftMicro -= meter.nextMicro
      if (leftMicro < 0) this.#warn(meter, now)
      else this.#relieve(meter)
    }
  }

  #warn(
    meter: Meter,
    { balanceMicro, currency }: { balanceMicro: number; currency: string },
  ): void {
    if (meter.isWarned) return
    meter.isWarned = true
    const { call, secondsLeft, nextMicro } = meter
    const data = { secondsLeft, neededMicro: nextMicro, balanceMicro, currency }
    call.enqueue(() => call.note('credits.low', data))
    void speakNotice(this.#ports, call, secondsLeft)
  }

  #relieve(meter: Meter): void {
    if (meter.isWarned) {
      meter.isWarned = false
      meter.call.enqueue(() => meter.call.note('credits.restored'))
    }
    meter.retry()
  }
}
