/** The ledger: what calls take and give back, in the very transactions of their commits. */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { CallRecord } from '../../../engine/core/call.ts'
import type { AccountId } from '../../../engine/core/ids.ts'
import {
  type CallMoney,
  firstHoldMicro,
  freshMoney,
  settledMoney,
} from '../../../engine/core/money/call-money.ts'
import {
  adjustmentLines,
  type MoneySettings,
  noMoney,
  topUpLines,
} from '../../../engine/core/money/ledger.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { shippedRate } from '../../../engine/core/rates.ts'
import { accountId, call, event, memoryStore, otherAccountId, testClock } from './fixtures.ts'

const mobile = '+61412345678'
const rate = shippedRate('outbound', mobile) ?? null
const minute = firstHoldMicro(rate)
let clock: ReturnType<typeof testClock>
let store: Store
beforeEach(async () => {
  clock = testClock()
  store = await memoryStore(clock)
  const opened = store
  onTestFinished(() => opened.close())
})

const settings = (changes: Partial<MoneySettings> = {}): MoneySettings => {
  const { balanceMicro: _, heldMicro: __, ...usual } = noMoney
  return { ...usual, billing: 'prepaid', ...changes }
}
async function withBalance(micro: number, changes: Partial<MoneySettings> = {}): Promise<void> {
  await store.money.configure(accountId, settings(changes))
  if (micro > 0) await store.money.book(accountId, { kind: 'top-up', lines: topUpLines(micro) })
}
const standing = async (id: AccountId = accountId) => {
  const { balanceMicro, heldMicro } = await store.money.account(id)
  return [balanceMicro, heldMicro]
}
const paid = (name: string | number, changes: Partial<CallRecord> = {}): CallRecord =>
  call(name, { to: mobile, money: freshMoney('prepaid', 'AUD', rate), ...changes })
const begin = (one: CallRecord, coverMicro = 0) =>
  store.calls.commit(one, [event(one, 'call.queued')], { coverMicro })
const ended = (one: CallRecord, answeredMs: number | null): CallRecord => ({
  ...one,
  status: answeredMs === null ? 'no-answer' : 'completed',
  endedAtMs: 9_000,
  money: settledMoney(one.money as CallMoney, answeredMs),
})
const kinds = async () =>
  (await store.money.entries(accountId, { after: 0, limit: 100 })).map(({ kind }) => kind)

test('an account of which nothing was said books nothing', async () => {
  const free = call('free', { money: freshMoney('off', 'AUD', rate) })
  await begin(free)
  await store.calls.commit(ended(free, 61_000), [])
  expect(await store.money.account(accountId)).toEqual({ ...noMoney, accountId })
  expect(await kinds()).toEqual([])
  const stored = await store.calls.get(accountId, free.id)
  expect(stored?.money).toMatchObject({ billing: 'off', costMicro: 200_000, billedSeconds: 120 })
})

describe('a call', () => {
  test('takes its first minute as it begins, and its cost as it ends', async () => {
    await withBalance(1_000_000)
    const one = paid(1)
    await begin(one)
    expect(await standing()).toEqual([900_000, 100_000])
    await store.calls.commit(ended(one, 20_000), [])
    expect(await standing()).toEqual([900_000, 0])
    expect((await store.calls.get(accountId, one.id))?.money).toMatchObject({
      ...{ heldMicro: 0, costMicro: 100_000, billedSeconds: 60 },
    })
    expect(await kinds()).toEqual(['top-up', 'hold', 'charge'])
  })

  test('that nobody answers costs nothing', async () => {
    await withBalance(100_000)
    await begin(paid(1))
    await store.calls.commit(ended(paid(1), null), [])
    expect(await standing()).toEqual([100_000, 0])
  })

  test('is not even stored without its first minute, nor its events', async () => {
    await withBalance(minute - 1)
    const refusal = { code: 'insufficient_credits', requiredMicro: minute, balanceMicro: 99_999 }
    await expect(begin(paid(1))).rejects.toMatchObject(refusal)
    expect(await store.calls.get(accountId, paid(1).id)).toBeUndefined()
    expect(await store.events.ofCall(accountId, paid(1).id)).toEqual([])
    expect(await standing()).toEqual([minute - 1, 0])
  })

  test('has to find what comes of it there too, and does not take that', async () => {
    await withBalance(2 * minute)
    await expect(begin(paid(1), minute + 1)).rejects.toMatchObject({
      requiredMicro: 2 * minute + 1,
    })
    await begin(paid(1), minute)
    expect(await standing()).toEqual([minute, minute])
  })

  test('that costs nothing itself is refused for what comes of it', async () => {
    await withBalance(minute - 1)
    const free = call('free', { money: freshMoney('prepaid', 'AUD', null) })
    await expect(begin(free, minute)).rejects.toMatchObject({ code: 'insufficient_credits' })
    await begin(free, minute - 1)
  })

  test('that is committed again takes nothing again, not even after its end', async () => {
    await withBalance(1_000_000)
    const one = paid(1)
    await begin(one)
    await begin(one)
    await store.calls.commit(ended(one, 61_000), [])
    await store.calls.commit({ ...ended(one, 61_000), gathered: '1' }, [])
    expect(await standing()).toEqual([800_000, 0])
    expect(await kinds()).toEqual(['top-up', 'hold', 'charge'])
  })

  test('holds more as it goes on, and less when it goes where that is enough', async () => {
    await withBalance(350_000)
    const one = paid(1)
    const holding = (heldMicro: number) => ({
      ...one,
      money: { ...one.money, heldMicro } as CallMoney,
    })
    await begin(one)
    await store.calls.commit(holding(300_000), [])
    expect(await standing()).toEqual([50_000, 300_000])
    await expect(store.calls.commit(holding(400_000), [])).rejects.toMatchObject({
      ...{ code: 'insufficient_credits', requiredMicro: 100_000 },
    })
    await store.calls.commit(holding(80_000), [])
    expect(await standing()).toEqual([270_000, 80_000])
    expect(await kinds()).toEqual(['top-up', 'hold', 'hold', 'release'])
  })

  test('that has cost more than was held takes what there is, and no more', async () => {
    await withBalance(150_000)
    const one = paid(1)
    await begin(one)
    await store.calls.commit(ended(one, 10 * 60_000), [])
    expect(await standing()).toEqual([0, 0])
    expect((await store.calls.get(accountId, one.id))?.money?.costMicro).toBe(150_000)
  })
})

test.each([
  ['prepaid', 0, 10],
  ['prepaid', 200_000, 12],
  ['postpaid', 300_000, 13],
  ['postpaid', null, 20],
] as const)(
  '20 at once on a balance for 10: %s, credit %s -> %i',
  async (billing, credit, begun) => {
    await withBalance(10 * minute + 50_000, { billing, creditLimitMicro: credit })
    const all = Array.from({ length: 20 }, (_, index) => paid(index))
    const outcomes = await Promise.allSettled(all.map((one) => begin(one)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(begun)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({ code: 'insufficient_credits' })
      }
    }
    expect(await standing()).toEqual([(10 - begun) * minute + 50_000, begun * minute])
    expect(await store.money.totals()).toEqual({ allMicro: 0, heldMicro: begun * minute })
  },
)

describe('what the operator books', () => {
  test('is booked once for each reference, also by 20 at once', async () => {
    await withBalance(0)
    const draft = { kind: 'top-up', lines: topUpLines(5), reference: 'invoice 7' } as const
    const all = await Promise.all(
      Array.from({ length: 20 }, () => store.money.book(accountId, draft)),
    )
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(all.map(({ entry }) => entry.sequence)).size).toBe(1)
    expect(await standing()).toEqual([5, 0])
  })

  test('does not go below the limit, unless it may', async () => {
    await withBalance(10)
    const draft = { kind: 'adjustment', lines: adjustmentLines(-11) } as const
    await expect(store.money.book(accountId, draft)).rejects.toMatchObject({
      code: 'insufficient_credits',
    })
    await store.money.book(accountId, draft, { mayOwe: true })
    expect(await standing()).toEqual([-1, 0])
  })

  test('is refused where nobody has said how the account pays', async () => {
    const draft = { kind: 'top-up', lines: topUpLines(5) } as const
    await expect(store.money.book(otherAccountId, draft)).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('an entry that does not sum to zero is a bug', async () => {
    await withBalance(0)
    const draft = { kind: 'top-up', lines: [{ book: 'balance', micro: 5 }] } as const
    await expect(store.money.book(accountId, draft)).rejects.toThrow('does not sum to zero')
    expect(await kinds()).toEqual([])
  })

  test('another currency is for an empty ledger', async () => {
    await withBalance(0)
    await store.money.configure(accountId, settings({ currency: 'EUR' }))
    await store.money.book(accountId, { kind: 'top-up', lines: topUpLines(1) })
    await expect(store.money.configure(accountId, settings())).rejects.toMatchObject({
      ...{ code: 'invalid_request', field: 'currency' },
    })
  })
})

test('who falls below a threshold is told once for each, and again after the next top-up', async () => {
  await withBalance(450_000, { lowBalanceMicro: [200_000, 400_000] })
  const told = async () =>
    (await store.events.after(accountId, 0, 100))
      .filter(({ type }) => type === 'balance.low')
      .map(({ data }) => data['thresholdMicro'])
  await begin(paid(1))
  expect(await told()).toEqual([400_000])
  // What comes back, and goes again, is nothing new.
  await store.calls.commit(ended(paid(1), null), [])
  await begin(paid(2))
  expect(await told()).toEqual([400_000])
  await begin(paid(3))
  await begin(paid(4))
  expect(await told()).toEqual([400_000, 200_000])
  await store.money.book(accountId, { kind: 'top-up', lines: topUpLines(180_000) })
  await begin(paid(5))
  await begin(paid(6))
  expect(await told()).toEqual([400_000, 200_000, 200_000])
})

test('a statement: its sums agree, and a clock that was set back changes no order', async () => {
  clock.now = 10_000
  await withBalance(1_000_000)
  clock.now = 20_000
  await begin(paid(1))
  clock.now = 15_000
  await store.calls.commit(ended(paid(1), 61_000), [])
  await begin(paid(2))
  clock.now = 30_000
  await store.money.book(accountId, { kind: 'adjustment', lines: adjustmentLines(-7) })
  const { opening, closing, kinds: sums } = await store.money.statement(accountId, 15_000, 30_000)
  expect(opening).toEqual({ balanceMicro: 1_000_000, heldMicro: 0 })
  expect(closing).toEqual({ balanceMicro: 700_000, heldMicro: 100_000 })
  expect(sums).toEqual([
    { kind: 'charge', count: 1, micro: -200_000 },
    { kind: 'hold', count: 2, micro: 0 },
  ])
  const entries = await store.money.entries(accountId, { after: 0, limit: 100 })
  const times = entries.map(({ atMs }) => atMs)
  expect(times).toEqual([10_000, 20_000, 20_000, 20_000, 30_000])

  const newest = async (filter: Partial<Parameters<typeof store.money.entries>[1]>) => {
    const wanted = { after: 0, limit: 2, order: 'desc', ...filter } as const
    return (await store.money.entries(accountId, wanted)).map(({ sequence }) => sequence)
  }
  expect(await newest({})).toEqual([5, 4])
  expect(await newest({ after: 4 })).toEqual([3, 2])
  expect(await newest({ after: 2 })).toEqual([1])
  expect(await newest({ kinds: ['top-up', 'adjustment'] })).toEqual([5, 1])
  expect(await newest({ fromMs: 15_000, toMs: 30_000, after: 4, limit: 9 })).toEqual([3, 2])
})

test('rates that are many hold up nothing else, and are there all at once', async () => {
  await store.rates.insertDeck({ id: 'own', name: 'Own', currency: 'AUD', createdAtMs: 0 })
  const many = Array.from({ length: 2_000 }, (_, index) => ({
    ...{ direction: 'outbound' as const, prefix: `+614${10_000 + index}`, microPerMinute: 1 },
    ...{ minimumSeconds: 60, incrementSeconds: 60, connectFeeMicro: 0, description: '' },
  }))
  const number = '+61410000123'
  const adding = store.rates.addVersion('own', 0, many)
  const meanwhile: unknown[] = []
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    for (const at of [{ atMs: 1 }, { version: 1 }]) {
      meanwhile.push(await store.rates.find('own', 'outbound', number, at))
    }
    meanwhile.push(...(await store.rates.versions('own')))
  }
  // asked while it goes on: none of them, or on a fast database all of them
  expect(meanwhile[0]).toBeUndefined()
  for (const seen of meanwhile.filter((one) => one !== undefined))
    expect(seen).toMatchObject({ version: 1 })
  const versions = meanwhile.filter((one) => typeof one === 'object' && 'rates' in (one ?? {}))
  for (const seen of versions) expect(seen).toMatchObject({ rates: 2_000 })
  expect(await adding).toMatchObject({ version: 1, rates: 2_000 })
  expect(await store.rates.find('own', 'outbound', number, { atMs: 1 })).toMatchObject({
    ...{ version: 1, prefix: '+61410000' },
  })
})
