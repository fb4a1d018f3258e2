/** Several trunks for one number: which failures go on to the next, and which end the call. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

const to = '+61498765432'

let lab: CallLab
let first: TrunkRecord
let second: TrunkRecord
beforeEach(async () => {
  lab = await openCallLab()
  const [seeded] = await lab.store.trunks.list()
  if (!seeded) throw new Error('the lab has a trunk')
  first = { ...seeded, name: 'first' }
  second = { ...seeded, name: 'second', id: idOf(2), priority: 20 }
  await lab.store.trunks.update(first)
  await lab.store.trunks.insert(second)
})
const idOf = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}` as TrunkId

async function placed(more: object = {}): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber, ...more })
  await lab.settle()
  return id
}

async function rejected(id: CallId, sipStatus: number, silent = false): Promise<void> {
  const attempt = { sipCallId: `sip-${lab.requests.length}`, silent }
  lab.sip.rejected(id, sipStatus, 'x', attempt)
  await lab.settle()
}

/** Names of the trunks that were sent an INVITE, in order. */
const tried = () =>
  lab.requests.map(({ target }) => (target.kind === 'trunk' ? target.trunk.name : target.kind))
const get = (id: CallId) => lab.centre.getCall(lab.account.id, id)
const failures = async (id: CallId) =>
  (await lab.centre.eventsOf(lab.account.id, id))
    .filter(({ type }) => type === 'trunk.failed')
    .map(({ data }) => data)
const nothingLeft = () => {
  expect(lab.calls.size).toBe(0)
  expect(lab.clock.pendingTimers).toBe(0)
  for (const { id } of [first, second]) expect(lab.calls.trunks.callsOn(id)).toBe(0)
}

describe('a trunk that fails', () => {
  test('503, and the next one takes the call', async () => {
    const id = await placed()
    await rejected(id, 503)
    expect(tried()).toEqual(['first', 'second'])
    expect(await get(id)).toMatchObject({ status: 'queued', trunkId: second.id, sipCallId: null })
    lab.sip.progress(id, 180, undefined)
    lab.sip.answered(id, 'v=0', 'the-good-one')
    await lab.settle()
    expect(await get(id)).toMatchObject({
      status: 'in-progress',
      trunkId: second.id,
      sipCallId: 'the-good-one',
    })
    expect(await lab.logOf(id)).toEqual([
      'call.queued',
      'trunk.failed',
      'call.ringing',
      'call.in-progress',
    ])
    expect(await failures(id)).toEqual([
      { trunkId: first.id, sipStatus: 503, sipCallId: 'sip-1', nextTrunkId: second.id },
    ])
    expect((await lab.centre.eventsOf(lab.account.id, id))[0]?.data).toMatchObject({
      trunkId: first.id,
    })
    lab.sip.remoteHangup(id, 'BYE')
    await lab.settle()
    nothingLeft()
  })

  test.each([
    [500, false],
    [502, false],
    [504, false],
    [408, true],
  ])('%i (silent: %s) too', async (sipStatus, silent) => {
    const id = await placed()
    await rejected(id, sipStatus, silent)
    expect(tried()).toEqual(['first', 'second'])
    expect((await get(id)).status).toBe('queued')
  })

  test.each([
    [486, 'busy', 'busy'],
    [600, 'busy', 'busy'],
    [603, 'failed', 'declined'],
    [404, 'failed', 'rejected:404'],
    [403, 'failed', 'rejected:403'],
    [480, 'no-answer', 'noAnswer'],
    [408, 'no-answer', 'noAnswer'],
  ])('%i is final', async (sipStatus, status, endReason) => {
    const id = await placed()
    await rejected(id, sipStatus)
    expect(tried()).toEqual(['first'])
    const shown = { status, endReason, trunkId: first.id, sipCallId: 'sip-1' }
    expect(await get(id)).toMatchObject(shown)
    expect(await failures(id)).toEqual([])
    expect(lab.calls.trunks.coolingMs(first.id)).toBe(0)
    nothingLeft()
  })

  test('nobody whose phone has rung is called a second time', async () => {
    const id = await placed()
    lab.sip.progress(id, 180, undefined)
    await rejected(id, 503)
    expect(tried()).toEqual(['first'])
    expect(await get(id)).toMatchObject({ status: 'failed', endReason: 'trunk_error:503' })
    nothingLeft()
  })

  test('nobody who did not answer in time either', async () => {
    const id = await placed({ ringTimeoutMs: 5_000 })
    await lab.clock.advance(5_000)
    await rejected(id, 503)
    expect(tried()).toEqual(['first'])
    expect((await get(id)).status).toBe('no-answer')
    nothingLeft()
  })

  test('all fail: the last reason is the reason', async () => {
    const id = await placed()
    await rejected(id, 503)
    await rejected(id, 502)
    expect(await get(id)).toMatchObject({
      status: 'failed',
      endReason: 'trunk_error:502',
      trunkId: second.id,
      sipCallId: 'sip-2',
    })
    expect((await failures(id)).map((data) => [data['trunkId'], data['nextTrunkId']])).toEqual([
      [first.id, second.id],
      [second.id, null],
    ])
    nothingLeft()
  })

  test('four are tried, no more', async () => {
    for (const digit of [3, 4, 5, 6]) {
      await lab.store.trunks.insert({
        ...second,
        id: idOf(digit),
        name: String(digit),
        priority: 30 + digit,
      })
    }
    const id = await placed()
    for (let i = 0; i < 4; i++) await rejected(id, 503)
    expect(tried()).toEqual(['first', 'second', '3', '4'])
    expect((await get(id)).status).toBe('failed')
    nothingLeft()
  })

  test('the ring time-out counts from the first INVITE', async () => {
    const id = await placed({ ringTimeoutMs: 6_000 })
    await lab.clock.advance(5_000)
    await rejected(id, 408, true)
    await lab.clock.advance(1_000)
    expect((await get(id)).status).toBe('no-answer')
    expect(lab.commands).toContain('sip.cancel c1')
    nothingLeft()
  })

  test('silence is borne for 5 s while there is another trunk', async () => {
    const id = await placed()
    await rejected(id, 503)
    expect(lab.requests.map(({ tryingWithinMs }) => tryingWithinMs)).toEqual([5_000, undefined])
  })

  test('it is tried last for a while, and first again when it worked', async () => {
    await rejected(await placed(), 503)
    const next = await placed()
    expect(tried()).toEqual(['first', 'second', 'second'])
    await rejected(next, 500)
    expect(tried().at(-1)).toBe('first')
    lab.sip.progress(next, 183, undefined)
    await lab.settle()
    await placed()
    expect(tried().at(-1)).toBe('first')
  })

  test('a trunk is not to blame for a control connection that is gone', async () => {
    const control = { up: false }
    lab = await openCallLab({ sip: { ready: () => control.up } })
    await rejected(await placed(), 503)
    expect(lab.calls.trunks.coolingMs(first.id)).toBe(0)
    control.up = true
    await rejected(await placed(), 503)
    control.up = false
    await rejected(await placed(), 503)
    expect(lab.calls.trunks.coolingMs(first.id)).toBe(30_000)
  })
})

describe('a call that is ended while it changes trunks', () => {
  test('before the failure is worked on', async () => {
    const id = await placed()
    lab.calls.feed(id, { is: 'hangup', by: 'api' })
    await rejected(id, 503)
    expect((await get(id)).status).toBe('canceled')
    expect(tried()).toEqual(['first'])
    nothingLeft()
  })

  test('while the new INVITE is made: that one is cancelled', async () => {
    const id = await placed()
    lab.sip.rejected(id, 503, 'x', { sipCallId: 's', silent: false })
    lab.calls.feed(id, { is: 'hangup', by: 'api' })
    await lab.settle()
    expect((await get(id)).status).toBe('canceled')
    expect(lab.commands).toEqual([
      'sip.invite c1 trunk +15005550100',
      'sip.invite c1 trunk +15005550100',
      'sip.cancel c1',
      'media.close c1',
    ])
    nothingLeft()
  })

  test('by a 503 that comes after the hang-up: nothing more is sent', async () => {
    const id = await placed()
    await lab.centre.endCall(lab.account.id, id)
    await rejected(id, 503)
    expect(tried()).toEqual(['first'])
    expect((await get(id)).status).toBe('canceled')
    nothingLeft()
  })
})

describe('limits', () => {
  test('a full trunk is passed over; when all are full, nobody is called', async () => {
    await lab.store.trunks.update({ ...first, maxCalls: 1 })
    await lab.store.trunks.update({ ...second, maxCalls: 1 })
    const one = await placed()
    const two = await placed()
    expect(tried()).toEqual(['first', 'second'])
    await expect(placed()).rejects.toMatchObject({ code: 'trunk_busy', http: 503 })
    expect(lab.calls.size).toBe(2)
    for (const id of [one, two]) await rejected(id, 486)
    nothingLeft()
  })

  test('a call that came in takes its place', async () => {
    await lab.store.trunks.update({ ...first, maxCalls: 1 })
    await lab.addNumber('+61255550000', { kind: 'verbs', verbs: [{ verb: 'say', text: 'x' }] })
    await lab.incoming('+61255550000')
    await placed()
    expect(tried()).toEqual(['second'])
  })

  test('a trunk that is full by then is no next trunk', async () => {
    await lab.store.trunks.update({ ...second, maxCallsPerSecond: 1 })
    const [one, two] = [await placed(), await placed()]
    await rejected(one, 503)
    await rejected(two, 503)
    expect(tried()).toEqual(['first', 'first', 'second'])
    expect(await get(two)).toMatchObject({ status: 'failed', endReason: 'trunk_error:503' })
  })

  test('a call that could not be stored leaves its place', async () => {
    Object.assign(lab.store.calls, { commit: () => Promise.reject(new Error('disk')) })
    await expect(placed()).rejects.toThrow('disk')
    nothingLeft()
  })

  test('a refused call of an engine that shuts down leaves its place', async () => {
    lab.calls.drain()
    await expect(placed()).rejects.toMatchObject({ code: 'draining' })
    nothingLeft()
  })
})

describe('the other side of a dial', () => {
  test('goes on to the next trunk too', async () => {
    await lab.addNumber('+61255550000', { kind: 'number', number: to })
    const caller = await lab.incoming('+61255550000')
    const child = lab.invited[0]
    if (!child) throw new Error('somebody is called')
    await rejected(child, 503)
    expect(tried()).toEqual(['first', 'second'])
    lab.sip.answered(child, 'v=0', 'x')
    await lab.settle()
    expect((await get(caller)).status).toBe('in-progress')
    expect(await get(child)).toMatchObject({ status: 'in-progress', trunkId: second.id })
  })

  test('the caller who gives up meanwhile ends it', async () => {
    await lab.addNumber('+61255550000', { kind: 'number', number: to })
    const caller = await lab.incoming('+61255550000')
    const child = lab.invited[0]
    if (!child) throw new Error('somebody is called')
    lab.sip.rejected(child, 503, 'x', { sipCallId: 's', silent: false })
    lab.sip.remoteCancel(caller)
    await lab.settle()
    await lab.settle()
    expect((await get(child)).status).toBe('canceled')
    expect(lab.commands).toContain('sip.cancel c2')
    nothingLeft()
  })

  test('all trunks full: the caller gets 503', async () => {
    for (const trunk of [first, second]) await lab.store.trunks.update({ ...trunk, maxCalls: 1 })
    await placed()
    await placed()
    await lab.addNumber('+61255550000', { kind: 'number', number: to })
    await lab.incoming('+61255550000')
    expect(lab.commands.some((one) => /^sip\.reject c\d 503$/.test(one))).toBe(true)
  })
})
