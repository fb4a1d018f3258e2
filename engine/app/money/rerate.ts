import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import { type AppliedRate, billedSeconds, priceMicro, rateId } from '../../core/money/rate.ts'
import type { RecordCursor } from '../../core/ports/money.ts'
import { shippedDeck, shippedRate } from '../../core/rates.ts'
import { cursorOf, type MoneyPorts } from './desk.ts'

/** Calls of one run; the next goes on after them. */
const maxCalls = 1_000

export interface RerateRequest {
  /** Calls that began then: inclusive, and exclusive. */
  readonly fromMs: number
  readonly toMs: number
  readonly deck: string
  /** Undefined: for each call the one that was valid when it began. */
  readonly version?: number
  readonly after?: RecordCursor
  /** Nothing is booked. */
  readonly isDry: boolean
}

export interface RatedAgain {
  readonly callId: CallId
  readonly beforeMicro: number
  readonly afterMicro: number
  readonly billedSeconds: number
  readonly rateId: string
}

export interface Rerating {
  /** Calls that were looked at. */
  readonly calls: number
  /** Those for which the deck has no price: they keep theirs. */
  readonly unpriced: readonly CallId[]
  /** Those that cost something else now, by their start. */
  readonly changed: readonly RatedAgain[]
  /** More than was paid; negative: less. */
  readonly differenceMicro: number
  /** Where the next run begins; null: there are no more calls. */
  readonly next: RecordCursor | null
}

/**
 * What the paid calls of a period cost by another deck, and the entries that make it so. The same calls and the same deck give
 * the same prices: a run that is made again finds nothing to change. A correction may put the balance below its limit: what was
 * spent is owed. Failure `not_found` (the deck).
 */
export async function rerate(
  ports: MoneyPorts,
  id: AccountId,
  request: RerateRequest,
): Promise<Rerating> {
  const { fromMs, toMs, after, deck, isDry } = request
  if (deck !== shippedDeck.id && !(await ports.store.rates.deck(deck))) {
    throw new Failure('not_found', `There is no rate deck ${deck}`, 'rate_deck')
  }
  const page = { fromMs, toMs, order: 'asc', limit: maxCalls, ...(after && { after }) } as const
  const records = await ports.store.callRecords.list(id, page)
  const unpriced: CallId[] = []
  const changed: RatedAgain[] = []
  for (const call of records) {
    if (!call.money || call.money.billing === 'off' || call.money.rate === null) continue
    const rate = await rateOf(ports, call.money.rate, call, request)
    if (rate === undefined) unpriced.push(call.id)
    else await again(ports, call, { rate, isDry, changed })
  }
  const last = records.at(-1)
  return {
    ...{ calls: records.length, unpriced, changed },
    differenceMicro: changed.reduce((sum, one) => sum + one.afterMicro - one.beforeMicro, 0),
    next: last !== undefined && records.length === maxCalls ? cursorOf(last) : null,
  }
}

async function rateOf(
  { store }: MoneyPorts,
  { number, direction }: AppliedRate,
  call: CallRecord,
  { deck, version }: RerateRequest,
): Promise<AppliedRate | undefined> {
  if (deck === shippedDeck.id) return shippedRate(direction, number)
  const at = version === undefined ? { atMs: call.createdAtMs } : { version }
  return store.rates.find(deck, direction, number, at)
}

async function again(
  { store }: MoneyPorts,
  call: CallRecord,
  { rate, isDry, changed }: { rate: AppliedRate; isDry: boolean; changed: RatedAgain[] },
): Promise<void> {
  const { money, answeredAtMs, endedAtMs } = call
  if (!money || answeredAtMs === null || endedAtMs === null) return
  // One that was ended for want of money lasted no longer than was paid.
  const answeredMs = Math.min(
    Math.max(0, endedAtMs - answeredAtMs),
    (money.billedSeconds ?? Number.POSITIVE_INFINITY) * 1000,
  )
  const seconds = billedSeconds(rate, answeredMs)
  const costMicro = priceMicro(rate, seconds)
  const beforeMicro = money.costMicro ?? 0
  const id = rateId(rate)
  if (costMicro !== beforeMicro) {
    const one = { callId: call.id, beforeMicro, afterMicro: costMicro }
    changed.push({ ...one, billedSeconds: seconds, rateId: id })
  }
  if (isDry || (costMicro === beforeMicro && seconds === money.billedSeconds)) return
  const note = `rated again by ${id}`
  const change = { callId: call.id, costMicro, billedSeconds: seconds, rate, note }
  await store.callRecords.rerate(call.accountId, change)
}
