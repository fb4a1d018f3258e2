/** What an account may do at most, whoever makes the call. */
import { beforeEach, describe, expect, test } from 'vitest'
import { type AccountLimits, noLimits } from '../../../engine/core/account-limits.ts'
import { freshCall } from '../../../engine/core/call.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

// 0.08 credits a minute (AU, not mobile), and 0.10 (mobile)
const fixed = '+61298765432'
const mobile = '+61412345678'
let lab: CallLab
beforeEach(async () => {
  lab = await openCallLab()
})

const limit = (limits: Partial<AccountLimits>) =>
  lab.store.accounts.update({ ...lab.account, limits: { ...noLimits, ...limits } })
const place = (to = fixed) => lab.centre.placeCall(lab.account, { to, from: ownNumber })
async function placed(to = fixed): Promise<CallId> {
  const { id } = await place(to)
  await lab.settle()
  return id
}
async function answered(to = fixed): Promise<CallId> {
  const id = await placed(to)
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  return id
}
async function over(id: CallId): Promise<void> {
  lab.sip.remoteHangup(id, 'bye')
  await lab.settle()
}
const refused = (code: string) => ({ code })

describe('calls at once', () => {
  test('one more is refused, until one is over; calls that come in do not count', async () => {
    await limit({ maxCalls: 2 })
    await lab.incoming(ownNumber)
    const first = await placed()
    await placed()
    await expect(place()).rejects.toMatchObject(refused('limit_reached'))
    expect(lab.calls.size).toBe(3)
    lab.sip.rejected(first, 486, 'Busy Here')
    await lab.settle()
    await placed()
  })

  test('a call that could not be begun leaves its place', async () => {
    await limit({ maxCalls: 1 })
    const [trunk] = await lab.store.trunks.list()
    if (!trunk) throw new Error('the lab has a trunk')
    await lab.store.trunks.update({ ...trunk, maxCallsPerSecond: 1 })
    await over(await answered())
    await expect(place()).rejects.toMatchObject(refused('trunk_busy'))
    await lab.clock.advance(1_001)
    await placed()
  })

  test('two requests at one time do not both get the last place', async () => {
    await limit({ maxCalls: 1 })
    const outcomes = await Promise.allSettled([place(), place()])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

test('calls begun within a second', async () => {
  await limit({ maxCallsPerSecond: 2 })
  await placed()
  await placed()
  await expect(place()).rejects.toMatchObject(refused('limit_reached'))
  await lab.clock.advance(1_001)
  await placed()
})

test('a call that found every trunk busy was not begun within the second', async () => {
  await limit({ maxCallsPerSecond: 2 })
  const [trunk] = await lab.store.trunks.list()
  if (!trunk) throw new Error('the lab has a trunk')
  await lab.store.trunks.update({ ...trunk, maxCalls: 1 })
  const first = await placed()
  await expect(place()).rejects.toMatchObject(refused('trunk_busy'))
  lab.sip.rejected(first, 486, 'Busy Here')
  await lab.settle()
  await placed()
})

test.each<[string, Partial<AccountLimits>, boolean]>([
  ['nothing is said', {}, true],
  ['its prefix is allowed', { allowedPrefixes: ['+64', '+61'] }, true],
  ['another one is allowed', { allowedPrefixes: ['+64'] }, false],
  ['its prefix is denied', { deniedPrefixes: ['+612'] }, false],
  ['another one is denied', { deniedPrefixes: ['+614'] }, true],
  ['it is both', { allowedPrefixes: ['+61'], deniedPrefixes: ['+612'] }, false],
])('a number where %s: called %s', async (_, limits, isCalled) => {
  await limit(limits)
  if (isCalled) await placed()
  else await expect(place()).rejects.toMatchObject(refused('target_not_allowed'))
  const { failure } = await lab.centre.explainRoute(lab.account, { to: fixed })
  expect(failure).toBe(isCalled ? null : 'target_not_allowed')
})

describe('a number in a SIP address', () => {
  test.each([
    'sip:+19005551111@allowed.example',
    'sips:+19005551111@allowed.example',
    'sip:19005551111@allowed.example',
    'sip:0019005551111@allowed.example',
    'sip:01119005551111@allowed.example',
    'sip:%2B1-900-555.1111@allowed.example',
    'sip:%2b%31900(555)1111;npdi@allowed.example',
    'sip:+19005551111:secret@allowed.example',
  ])('is one: %s', async (to) => {
    await limit({ deniedPrefixes: ['+1900'] })
    await expect(place(to)).rejects.toMatchObject(refused('target_not_allowed'))
    const { failure } = await lab.centre.explainRoute(lab.account, { to })
    expect(failure).toBe('target_not_allowed')
  })

  test.each([
    'sip:+61298765432@allowed.example',
    'sip:bob@allowed.example',
    'sip:1001@allowed.example',
  ])('that is not denied is called, and so is who has none: %s', async (to) => {
    await limit({ deniedPrefixes: ['+1900'], allowedPrefixes: ['+61'] })
    await placed(to)
  })

  test('calls to SIP addresses count', async () => {
    await limit({ maxCalls: 2, maxCallsPerSecond: 2 })
    const first = await placed('sip:bob@allowed.example')
    await placed('sip:+61298765432@allowed.example')
    await expect(place('sip:bob@allowed.example')).rejects.toMatchObject(refused('limit_reached'))
    await over(first)
    await expect(place()).rejects.toMatchObject(refused('limit_reached'))
    await lab.clock.advance(1_001)
    await placed()
  })
})

describe('spend per hour', () => {
  test('minutes of calls that are over, for an hour', async () => {
    await limit({ maxSpendPerHourMicro: 400_000 })
    const id = await answered()
    await lab.clock.advance(3 * 60_000 + 1_000)
    await over(id)
    // four minutes are 0.32: one more minute fits, a mobile does not
    await over(await placed())
    await expect(place(mobile)).rejects.toMatchObject(refused('limit_reached'))
    const why = await lab.centre.explainRoute(lab.account, { to: mobile })
    expect(why).toMatchObject({ goesTo: 'nowhere', failure: 'limit_reached' })
    await lab.clock.advance(61 * 60_000)
    await placed(mobile)
  })

  test('calls that are under way count for their first minute, and on', async () => {
    await limit({ maxSpendPerHourMicro: 250_000 })
    await placed()
    const id = await answered()
    await answered()
    await expect(place()).rejects.toMatchObject(refused('limit_reached'))
    lab.sip.rejected(id, 486, 'Busy Here')
    await over(id)
    await expect(place()).rejects.toMatchObject(refused('limit_reached'))
  })

  test.each<[string, number, boolean]>([
    ['counts', 10, true],
    ['an hour ago does not', 70, false],
  ])('what was spent before a restart %s', async (_, minutesAgo, isCounted) => {
    await limit({ maxSpendPerHourMicro: 200_000 })
    const nowMs = lab.clock.nowMs()
    const endedAtMs = nowMs - minutesAgo * 60_000
    const [trunk] = await lab.store.trunks.list()
    const record = freshCall({
      ...{ id: '00000000-0000-4000-8000-000000000099' as CallId, accountId: lab.account.id },
      ...{ direction: 'outbound', from: ownNumber, to: fixed, createdAtMs: endedAtMs - 120_000 },
      trunkId: trunk?.id ?? null,
    })
    const answeredAtMs = endedAtMs - 120_000
    await lab.store.calls.commit({ ...record, status: 'completed', answeredAtMs, endedAtMs }, [])
    const calling = place()
    if (isCounted) await expect(calling).rejects.toMatchObject(refused('limit_reached'))
    else await calling
  })

  test('what was spent before counts once, whatever begins while it is read', async () => {
    // 101 calls of one minute at 0.08: a page and one more
    await limit({ maxSpendPerHourMicro: 102 * 80_000 })
    const [trunk] = await lab.store.trunks.list()
    let made = 0
    const ended = async (createdAtMs: number) => {
      const id = `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}` as CallId
      const about = { id, accountId: lab.account.id, direction: 'outbound' } as const
      const record = freshCall({ ...about, from: ownNumber, to: fixed, createdAtMs })
      const times = { answeredAtMs: createdAtMs, endedAtMs: createdAtMs + 1_000 }
      const done = { ...record, ...times, trunkId: trunk?.id ?? null, status: 'completed' } as const
      await lab.store.calls.commit(done, [])
    }
    for (let i = 0; i < 101; i++) await ended(lab.clock.nowMs() - 60_000)
    const { list } = lab.store.calls
    lab.store.calls.list = async (id, filter) => {
      const page = await list(id, filter)
      await ended(lab.clock.nowMs())
      return page
    }
    await placed()
    await expect(place()).rejects.toMatchObject(refused('limit_reached'))
    expect(lab.calls.accounts.spentMicro(lab.account.id)).toBe(102 * 80_000)
  })

  test('what costs nothing is not refused', async () => {
    await limit({ maxSpendPerHourMicro: 0 })
    await lab.addDevice('1001', true)
    await placed('1001')
    await placed('+15005550140')
    await expect(place()).rejects.toMatchObject(refused('limit_reached'))
  })
})

test.each<[Partial<AccountLimits>, number, string]>([
  [{ maxCalls: 0 }, 503, 'with a trunk'],
  [{ deniedPrefixes: ['+61'] }, 403, 'with a trunk'],
  [{ deniedPrefixes: ['+61'] }, 403, 'without one'],
  [{ deniedPrefixes: ['+64'] }, 404, 'without one'],
])('a phone that calls over the limit %j hears %i, %s', async (limits, status, how) => {
  await limit(limits)
  const [trunk] = await lab.store.trunks.list()
  if (trunk && how === 'without one') await lab.store.trunks.remove(trunk.id)
  await phoneHears(status)
})

test('a phone that calls when the engine has no room for the other side hears 503', async () => {
  Object.assign(lab.ports.settings, { maxCalls: 1 })
  await phoneHears(503)
})

async function phoneHears(status: number): Promise<void> {
  const deviceId = await lab.addDevice('1001', true)
  const callId = '00000000-0000-4000-8000-000000000077' as CallId
  lab.sip.incoming({
    ...{ callId, sipCallId: 'x', from: '1001', fromName: null, to: fixed, sdp: 'v=0' },
    protocol: 'udp',
    source: { kind: 'device', deviceId, username: '1001' },
  })
  await lab.settle()
  expect(lab.commands).toContainEqual(expect.stringMatching(`^sip.reject \\w+ ${status}`))
}

test('limits as they are now, and not as they were when the request came', async () => {
  const stale = { ...lab.account }
  await limit({ maxCalls: 0 })
  await expect(lab.centre.placeCall(stale, { to: fixed, from: ownNumber })).rejects.toMatchObject(
    refused('limit_reached'),
  )
})
