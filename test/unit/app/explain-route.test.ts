import { beforeEach, describe, expect, test } from 'vitest'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { defaultTrunkOptions } from '../../../engine/core/trunk-options.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

const to = '+61498765432'
let lab: CallLab
let seeded: TrunkRecord
beforeEach(async () => {
  down.clear()
  lab = await openCallLab({
    sip: {
      trunkStatus: (id) => ({
        registration: { state: 'failed', untilMs: null, lastError: '403 Forbidden' },
        reachable: !down.has(id),
        roundTripMs: 1,
      }),
    },
  })
  const [only] = await lab.store.trunks.list()
  if (!only) throw new Error('the lab has a trunk')
  seeded = only
})

/** Trunks that do not answer pings. */
const down = new Set<TrunkId>()
let made = 0
async function trunk(name: string, over: Partial<TrunkRecord> = {}): Promise<TrunkRecord> {
  const id = `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}` as TrunkId
  const one = { ...seeded, id, name, prefixes: ['+61'], ...over }
  await lab.store.trunks.insert(one)
  return one
}
const explain = (wanted: { to: string; from?: string } = { to }) =>
  lab.centre.explainRoute(lab.account, wanted)
/** Name, place and reason of each trunk. */
const told = async () =>
  (await explain()).trunks.map(
    (one) => `${one.position ?? '-'} ${one.trunk.name} ${one.chance}: ${one.reason}`,
  )

describe('trunks', () => {
  test('one that does not answer pings is tried last', async () => {
    const main = await trunk('main', { priority: 1 })
    const other = await trunk('other', { priority: 2 })
    down.add(main.id)
    expect((await explain()).trunkId).toBe(other.id)
    expect((await told()).slice(0, 2)).toEqual([
      '1 other 1: priority 2 is the lowest of those that can take the call',
      '2 main 0: tried if those before it fail, priority 1; it does not answer pings and is tried last',
    ])
    const call = await lab.centre.placeCall(lab.account, { to, from: ownNumber })
    expect(call.trunkId).toBe(other.id)
    down.add(other.id)
    expect((await explain()).trunkId).toBe(main.id)
  })

  test('what each would be told, and how it is registered', async () => {
    const numbers = { ...defaultTrunkOptions.numbers, format: 'national', country: 'AU' } as const
    await trunk('national', { numbers, priority: 1 })
    await trunk('secret', { priority: 2, callerId: { allow: 'owned', privacy: 'withhold' } })
    const { trunks } = await explain({ to, from: ownNumber })
    expect((await explain()).trunks.map((one) => one.callerId)).toEqual(
      trunks.map((one) => one.callerId),
    )
    expect(trunks.slice(0, 2)).toMatchObject([
      { dialled: '0498765432', callerId: '001115005550100', registration: 'failed' },
      { dialled: to, callerId: 'anonymous', registration: 'failed' },
    ])
  })

  test('rule by rule', async () => {
    const main = await trunk('main', { priority: 1, weight: 30 })
    await trunk('twin', { priority: 1, weight: 10 })
    await trunk('backup', { priority: 2 })
    await trunk('off', { enabled: false })
    await trunk('elsewhere', { prefixes: ['+64'] })
    const full = await trunk('full', { maxCalls: 1 })
    const fast = await trunk('fast', { maxCallsPerSecond: 1 })
    const ill = await trunk('ill', { priority: 0 })
    lab.calls.trunks.hold('some call' as CallId, full.id)
    lab.calls.trunks.send('other call' as CallId, fast)
    lab.calls.trunks.failed(ill.id)
    const why = await explain()
    expect(why).toMatchObject({ goesTo: 'trunk', trunkId: main.id, failure: null })
    expect(why.reason).toMatch(/^By trunk main: /)
    expect(await told()).toEqual([
      '1 main 0.75: priority 1 is the lowest of those that can take the call, 75 % of the calls by weight 30',
      '2 twin 0.25: tried if those before it fail, priority 1, or first: 25 % of the calls by weight 10',
      '3 backup 0: tried if those before it fail, priority 2',
      '4 ill 0: tried if those before it fail, priority 0; it failed lately and is tried last for another 30 s',
      '- fast 0: passed over: it takes 1 calls in a second and has had them',
      '- full 0: passed over: it has 1 calls and takes 1 at once',
      '- elsewhere 0: not used: none of its prefixes fits',
      '- lab 0: not used: the longer prefix +61 of another trunk fits',
      '- off 0: not used: it is switched off',
    ])
    expect(lab.commands).toEqual([])
    expect(lab.calls.size).toBe(0)
  })

  test('what is told is what happens', async () => {
    const first = await trunk('first', { priority: 1 })
    await trunk('second', { priority: 2 })
    lab.calls.trunks.failed(first.id)
    const { trunkId, trunks } = await explain()
    const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber })
    await lab.settle()
    expect((await lab.centre.getCall(lab.account.id, id)).trunkId).toBe(trunkId)
    lab.sip.rejected(id, 503, 'x')
    await lab.settle()
    const tried = lab.requests.map(({ target }) => target.kind === 'trunk' && target.trunk.name)
    const expected = trunks.filter(({ position }) => position !== null)
    expect(tried).toEqual(expected.map((one) => one.trunk.name))
  })

  test('the fifth is not tried', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await trunk(name)
    await trunk('f', { priority: 99 })
    expect((await told()).slice(4, 6)).toEqual([
      '- e 0.2: not tried: 4 are before it, unless it comes first: 20 % of the calls by weight 10',
      '- f 0: not tried: 4 are before it',
    ])
  })

  test('all are full', async () => {
    await lab.store.trunks.update({ ...seeded, maxCalls: 1 })
    lab.calls.trunks.hold('some call' as CallId, seeded.id)
    expect(await explain()).toMatchObject({
      goesTo: 'nowhere',
      trunkId: null,
      failure: 'trunk_busy',
      trunks: [{ calls: 1, limitReached: 'calls', position: null }],
    })
  })

  test('none takes it', async () => {
    await lab.store.trunks.update({ ...seeded, prefixes: ['+49'] })
    expect(await explain()).toMatchObject({
      goesTo: 'nowhere',
      failure: 'no_route',
      trunks: [{ prefix: null, reason: 'not used: none of its prefixes fits' }],
    })
  })

  test('who is shown as the caller', async () => {
    await lab.addDevice('1001', false)
    await lab.store.trunks.update({ ...seeded, defaultCallerId: '+61200000000' })
    expect((await explain()).trunks[0]?.callerId).toBe(ownNumber)
    await lab.store.accounts.update({ ...lab.account, defaultNumber: null })
    const { trunks } = await lab.centre.explainRoute(
      { ...lab.account, defaultNumber: null },
      { to },
    )
    expect(trunks[0]?.callerId).toBeNull()
    expect((await explain({ to, from: '1001' })).trunks[0]?.callerId).toBe('+61200000000')
    expect((await explain({ to, from: ownNumber })).trunks[0]?.callerId).toBe(ownNumber)
  })
})

describe('other ways', () => {
  test('a device, by its name and by its number', async () => {
    await lab.addDevice('alice', true)
    await lab.addNumber('+61255550000', { kind: 'device', username: 'alice' })
    for (const way of ['alice', '+61255550000']) {
      expect(await explain({ to: way })).toMatchObject({ goesTo: 'device', trunks: [] })
    }
  })

  test('a SIP address', async () => {
    expect(await explain({ to: 'sip:x@allowed.example' })).toMatchObject({ goesTo: 'sip' })
  })

  test.each([
    ['sip:x@elsewhere.example', 'target_not_allowed'],
    ['nobody', 'not_found'],
    ['bob', 'device_not_registered'],
  ])('%s: %s', async (way, failure) => {
    await lab.addDevice('bob', false)
    const explained = await explain({ to: way })
    expect(explained).toMatchObject({ goesTo: 'nowhere', failure, trunks: [] })
  })

  test.each([
    [{ to: '0412' }, 'invalid_phone_number'],
    [{ to, from: '+4930123456' }, 'from_not_owned'],
  ])('%j is refused', async (wanted, code) => {
    await expect(explain(wanted)).rejects.toMatchObject({ code })
  })
})
