/** What calls take from a balance while they live, on a virtual clock. */
import { describe, expect, test } from 'vitest'
import { recover } from '../../../engine/app/recover.ts'
import { noLimits } from '../../../engine/core/account-limits.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { type MoneySettings, noMoney, topUpLines } from '../../../engine/core/money/ledger.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

// 0.10 and 0.08 a minute
const mobile = '+61412345678'
const fixed = '+61298765432'
const { balanceMicro: _, heldMicro: __, ...usual } = noMoney

async function labWith(micro: number, changes: Partial<MoneySettings> = {}): Promise<CallLab> {
  const lab = await openCallLab()
  await lab.store.money.configure(lab.account.id, { ...usual, billing: 'prepaid', ...changes })
  if (micro > 0) await topUp(lab, micro)
  return lab
}
const topUp = async (lab: CallLab, micro: number) => {
  await lab.store.money.book(lab.account.id, { kind: 'top-up', lines: topUpLines(micro) })
  await lab.settle()
}
const standing = async (lab: CallLab) => {
  const { balanceMicro, heldMicro } = await lab.store.money.account(lab.account.id)
  return [balanceMicro, heldMicro]
}
async function placed(lab: CallLab, to = mobile): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber })
  await lab.settle()
  return id
}
async function answer(lab: CallLab, id: CallId): Promise<void> {
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
}
async function hangUp(lab: CallLab, id: CallId): Promise<void> {
  lab.sip.remoteHangup(id, 'BYE')
  await lab.settle()
}
const stored = (lab: CallLab, id: CallId) => lab.centre.getCall(lab.account.id, id)

describe('a call that is paid', () => {
  test('each minute is set aside before it begins; what was not needed comes back', async () => {
    const lab = await labWith(1_000_000)
    const id = await placed(lab)
    expect(await standing(lab)).toEqual([900_000, 100_000])
    await answer(lab, id)
    expect(await standing(lab)).toEqual([900_000, 100_000])
    await lab.clock.advance(54_999)
    expect(await standing(lab)).toEqual([900_000, 100_000])
    await lab.clock.advance(1)
    expect(await standing(lab)).toEqual([800_000, 200_000])
    await lab.clock.advance(61_000)
    expect(await standing(lab)).toEqual([700_000, 300_000])
    await hangUp(lab, id)
    // 116 s
    expect(await standing(lab)).toEqual([800_000, 0])
    expect((await stored(lab, id)).money).toMatchObject({ costMicro: 200_000, billedSeconds: 120 })
    expect(lab.clock.pendingTimers).toBe(0)
  })

  test('unanswered it costs nothing', async () => {
    const lab = await labWith(100_000)
    const id = await placed(lab)
    lab.sip.rejected(id, 486, 'Busy')
    await lab.settle()
    expect(await standing(lab)).toEqual([100_000, 0])
  })

  test('without the first minute nobody is called', async () => {
    const lab = await labWith(99_999)
    await expect(placed(lab)).rejects.toMatchObject({
      ...{ code: 'insufficient_credits', requiredMicro: 100_000, balanceMicro: 99_999 },
    })
    expect(lab.invited).toEqual([])
    expect(lab.calls.size).toBe(0)
    await placed(lab, fixed)
    expect(lab.invited).toHaveLength(1)
  })

  test('a device is called for nothing', async () => {
    const lab = await labWith(0)
    await lab.addDevice('1001', true)
    await answer(lab, await placed(lab, '1001'))
    await lab.clock.advance(600_000)
    expect(lab.calls.size).toBe(1)
    expect(await standing(lab)).toEqual([0, 0])
  })
})

describe('a balance that runs out', () => {
  test('is told of a minute before, and ends the call when what was paid is over', async () => {
    const lab = await labWith(250_000)
    const id = await placed(lab)
    await answer(lab, id)
    expect(await lab.logOf(id)).not.toContain('credits.low')
    await lab.clock.advance(59_999)
    expect(await standing(lab)).toEqual([50_000, 200_000])
    expect(await lab.logOf(id)).not.toContain('credits.low')
    await lab.clock.advance(1)
    expect(await lab.logOf(id)).toContain('credits.low')
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/This call ends in 1 minute.' })
    const events = await lab.store.events.ofCall(lab.account.id, id)
    expect(events.find(({ type }) => type === 'credits.low')?.data).toMatchObject({
      ...{ secondsLeft: 60, neededMicro: 100_000, balanceMicro: 50_000, currency: 'AUD' },
    })
    await lab.clock.advance(59_999)
    expect(lab.calls.size).toBe(1)
    await lab.clock.advance(1)
    expect(lab.commands).toContain('sip.bye c1')
    expect(await stored(lab, id)).toMatchObject({
      ...{ status: 'completed', endReason: 'insufficient_credits' },
      money: { costMicro: 200_000, billedSeconds: 120, heldMicro: 0 },
    })
    expect(await standing(lab)).toEqual([50_000, 0])
    expect((await lab.logOf(id)).filter((type) => type === 'credits.low')).toHaveLength(1)
    expect(lab.clock.pendingTimers).toBe(0)
  })

  test('is told of in time where a step of the rate is longer than a minute', async () => {
    const lab = await labWith(500_000)
    await lab.store.rates.insertDeck({ id: 'own', name: 'Own', currency: 'AUD', createdAtMs: 0 })
    const steps = { minimumSeconds: 300, incrementSeconds: 300, connectFeeMicro: 0 }
    const rate = { direction: 'outbound', prefix: '+', description: '' } as const
    await lab.store.rates.addVersion('own', 0, [{ ...rate, ...steps, microPerMinute: 60_000 }])
    await lab.store.money.configure(lab.account.id, { ...usual, billing: 'prepaid', deck: 'own' })
    const id = await placed(lab)
    await answer(lab, id)
    expect(await standing(lab)).toEqual([200_000, 300_000])
    await lab.clock.advance(240_000)
    const events = await lab.store.events.ofCall(lab.account.id, id)
    expect(events.find(({ type }) => type === 'credits.low')?.data).toMatchObject({
      ...{ secondsLeft: 60, neededMicro: 300_000, balanceMicro: 200_000 },
    })
    await lab.clock.advance(60_000)
    expect((await stored(lab, id)).money).toMatchObject({ costMicro: 300_000, billedSeconds: 300 })
    expect(await standing(lab)).toEqual([200_000, 0])
  })

  test('is told to both who are connected', async () => {
    const lab = await labWith(180_000)
    await lab.addDevice('1001', true)
    await lab.addNumber('+15005550177', { kind: 'number', number: mobile })
    const caller = await lab.incoming('+15005550177')
    const [called] = lab.invited
    if (called === undefined) throw new Error('nobody was called')
    await answer(lab, called)
    await lab.clock.advance(1_000)
    const notice = { path: '/speech/This call ends in 1 minute.' }
    expect(lab.nowPlaying(caller)).toMatchObject(notice)
    expect(lab.nowPlaying(called)).toMatchObject(notice)
    await lab.clock.advance(59_000)
    expect(lab.calls.size).toBe(0)
    expect(await standing(lab)).toEqual([80_000, 0])
  })

  test('topped up in time the call goes on', async () => {
    const lab = await labWith(100_000)
    const id = await placed(lab)
    await answer(lab, id)
    expect(await lab.logOf(id)).toContain('credits.low')
    await lab.clock.advance(58_000)
    await topUp(lab, 100_000)
    expect(await lab.logOf(id)).toContain('credits.restored')
    expect(await standing(lab)).toEqual([0, 200_000])
    await lab.clock.advance(3_000)
    expect(lab.calls.size).toBe(1)
    await lab.clock.advance(59_000)
    expect((await stored(lab, id)).endReason).toBe('insufficient_credits')
  })

  test('of two calls the one whose minute ends first is paid first', async () => {
    const lab = await labWith(300_000)
    const first = await placed(lab)
    const second = await placed(lab)
    await answer(lab, first)
    await lab.clock.advance(10_000)
    await answer(lab, second)
    expect(await lab.logOf(first)).not.toContain('credits.low')
    expect(await lab.logOf(second)).toContain('credits.low')
    await lab.clock.advance(60_000)
    expect((await stored(lab, second)).endReason).toBe('insufficient_credits')
    expect((await stored(lab, first)).status).toBe('in-progress')
  })

  test('credit is spent to its limit, and without one for ever', async () => {
    const lab = await labWith(0, { billing: 'postpaid', creditLimitMicro: 100_000 })
    await answer(lab, await placed(lab))
    await lab.clock.advance(60_000)
    expect(lab.calls.size).toBe(0)
    expect(await standing(lab)).toEqual([-100_000, 0])
    const free = await labWith(0, { billing: 'postpaid', creditLimitMicro: null })
    await answer(free, await placed(free))
    await free.clock.advance(600_000)
    expect(free.calls.size).toBe(1)
  })
})

describe('agent and lead', () => {
  const request = { agentPhone: mobile, leadPhone: '+61498765432', leadName: 'Sarah Johnson' }
  async function triggered(lab: CallLab): Promise<CallId> {
    const { id } = await lab.centre.triggerCall(lab.account, request)
    await lab.settle()
    return id
  }
  async function press1(lab: CallLab, agent: CallId): Promise<void> {
    lab.media.digit(agent, '1', 100)
    await lab.settle()
  }

  test('the agent’s minute at once, the lead’s with the key, and each from its own answer', async () => {
    const lab = await labWith(500_000)
    const agent = await triggered(lab)
    expect((await stored(lab, agent)).trigger?.creditsUsedMicro).toBe(100_000)
    expect(await standing(lab)).toEqual([400_000, 100_000])
    await answer(lab, agent)
    await lab.clock.advance(5_000)
    await press1(lab, agent)
    expect(await standing(lab)).toEqual([300_000, 200_000])
    const lead = lab.invited[1] as CallId
    await answer(lab, lead)
    await lab.clock.advance(57_000)
    await hangUp(lab, lead)
    expect((await stored(lab, agent)).money?.costMicro).toBe(200_000)
    expect((await stored(lab, lead)).money?.costMicro).toBe(100_000)
    expect(await standing(lab)).toEqual([200_000, 0])
  })

  test('both first minutes have to be there', async () => {
    const lab = await labWith(199_999)
    await expect(triggered(lab)).rejects.toMatchObject({ requiredMicro: 200_000 })
    expect(lab.invited).toEqual([])
    await topUp(lab, 1)
    await triggered(lab)
  })

  test('what was there for the lead is gone meanwhile', async () => {
    const lab = await labWith(200_000)
    const agent = await triggered(lab)
    await placed(lab)
    await answer(lab, agent)
    await press1(lab, agent)
    expect((await stored(lab, agent)).trigger?.failure).toBe('insufficient_credits')
    expect(lab.invited).toHaveLength(2)
  })

  test('the agent’s call ends for want of money before the lead is there', async () => {
    const lab = await labWith(200_000)
    const agent = await triggered(lab)
    await answer(lab, agent)
    await placed(lab)
    await press1(lab, agent)
    await lab.clock.advance(60_000)
    expect((await stored(lab, agent)).trigger?.failure).toBe('insufficient_credits')
  })
})

test('a call that comes in costs what the deck says of its number', async () => {
  const lab = await labWith(500_000)
  const rate = { prefix: ownNumber, minimumSeconds: 30, incrementSeconds: 6, description: '' }
  const deck = { id: 'own', name: 'Own', currency: 'AUD', createdAtMs: lab.clock.nowMs() }
  await lab.store.rates.insertDeck(deck)
  await lab.store.rates.addVersion('own', lab.clock.nowMs(), [
    { ...rate, direction: 'inbound', microPerMinute: 60_000, connectFeeMicro: 1_000 },
  ])
  await lab.store.money.configure(lab.account.id, { ...usual, billing: 'prepaid', deck: 'own' })
  const id = await lab.incoming(ownNumber)
  expect((await stored(lab, id)).status).toBe('in-progress')
  await lab.clock.advance(33_000)
  await hangUp(lab, id)
  expect((await stored(lab, id)).money).toMatchObject({ costMicro: 37_000, billedSeconds: 36 })
  expect(await standing(lab)).toEqual([463_000, 0])
  // No price for calls that go out: nobody may make them.
  await expect(placed(lab)).rejects.toMatchObject({ code: 'target_not_allowed' })
})

test('what may be spent in an hour is spent by the account’s own rates', async () => {
  const lab = await openCallLab()
  const deck = { id: 'dear', name: 'Dear', currency: 'AUD', createdAtMs: 0 }
  await lab.store.rates.insertDeck(deck)
  const rate = { prefix: '+61', minimumSeconds: 60, incrementSeconds: 60, description: '' }
  await lab.store.rates.addVersion('dear', 0, [
    { ...rate, direction: 'outbound', microPerMinute: 2_000_000, connectFeeMicro: 0 },
  ])
  await lab.store.money.configure(lab.account.id, { ...usual, billing: 'off', deck: 'dear' })
  const limits = { ...noLimits, maxSpendPerHourMicro: 3_000_000 }
  await lab.store.accounts.update({ ...lab.account, limits })
  await placed(lab)
  await expect(placed(lab)).rejects.toMatchObject({ code: 'limit_reached' })
  // What the deck has no price for is free as long as nobody pays.
  await placed(lab, '+4989456789')
})

test('a call that comes in and can’t be paid is refused', async () => {
  const lab = await labWith(0)
  const deck = { id: 'own', name: 'Own', currency: 'AUD', createdAtMs: 0 }
  await lab.store.rates.insertDeck(deck)
  const rate = { prefix: '+', minimumSeconds: 60, incrementSeconds: 60, description: '' }
  await lab.store.rates.addVersion('own', 0, [
    { ...rate, direction: 'inbound', microPerMinute: 60_000, connectFeeMicro: 0 },
  ])
  await lab.store.money.configure(lab.account.id, { ...usual, billing: 'prepaid', deck: 'own' })
  await lab.incoming(ownNumber)
  expect(lab.commands).toContain('sip.reject c1 480')
  expect(lab.calls.size).toBe(0)
})

test('what a crash left on hold is settled at the next start, once', async () => {
  const lab = await labWith(1_000_000)
  await answer(lab, await placed(lab))
  await placed(lab)
  await lab.clock.advance(70_000)
  const aliveMs = lab.clock.nowMs()
  expect(await standing(lab)).toEqual([800_000, 200_000])
  await recover(lab.ports, aliveMs)
  expect(await standing(lab)).toEqual([800_000, 0])
  await recover(lab.ports, aliveMs)
  expect(await standing(lab)).toEqual([800_000, 0])
  expect(await lab.store.money.totals()).toEqual({ allMicro: 0, heldMicro: 0 })
})

test('a database that does not answer ends no call', async () => {
  const lab = await labWith(1_000_000)
  const id = await placed(lab)
  await answer(lab, id)
  const { calls } = lab.store
  const commit = calls.commit
  Object.assign(calls, { commit: () => Promise.reject(new Error('away')) })
  await lab.clock.advance(150_000)
  Object.assign(calls, { commit })
  expect(lab.calls.size).toBe(1)
  await hangUp(lab, id)
  expect((await stored(lab, id)).money).toMatchObject({ costMicro: 300_000 })
  expect(await standing(lab)).toEqual([700_000, 0])
})
