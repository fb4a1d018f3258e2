import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { callFields } from '../../../engine/app/call-fields.ts'
import { readVerbs } from '../../../engine/app/verb-document.ts'
import type { ReceivedDetails } from '../../../engine/core/call.ts'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import type { Verb } from '../../../engine/core/verbs.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

let lab: CallLab
beforeEach(async () => {
  lab = await openCallLab()
})

const number = '+15005550177'
const bob = { from: '+61400000001', reason: 'user-busy', counter: 1 }
const told = (changes: Partial<ReceivedDetails> = {}): ReceivedDetails => ({
  ...{ sipHeaders: { 'X-Customer': '42' }, diversion: [], maxForwards: 70, ...changes },
})

async function trunkIs(changes: Partial<TrunkRecord>): Promise<void> {
  const [trunk] = await lab.store.trunks.list()
  if (trunk) await lab.store.trunks.update({ ...trunk, ...changes })
}

async function call(received?: ReceivedDetails, to = number): Promise<CallId> {
  const callId = randomUUID() as CallId
  lab.sip.incoming({
    ...{ callId, sipCallId: 'x@y', from: '+61411111111', fromName: null, to, sdp: 'v=0' },
    protocol: 'udp',
    source: { kind: 'trunk', trunkId: '00000000-0000-4000-8000-0000000000aa' as TrunkId },
    ...(received && { received }),
  })
  await lab.settle()
  return callId
}
const route = (verbs: readonly Verb[]) => lab.addNumber(number, { kind: 'verbs', verbs })
const dialTo: Verb = { verb: 'dial', to: '+61400000009' }

describe('what an INVITE told', () => {
  it('is in the first event, with the call, and for the application', async () => {
    await route([{ verb: 'pause', durationMs: 1000 }])
    const id = await call(told({ diversion: [bob] }))
    const [first] = await lab.store.events.ofCall(lab.account.id, id)
    expect(first?.data).toMatchObject({ sipHeaders: { 'X-Customer': '42' }, diversion: [bob] })
    const stored = await lab.store.calls.get(lab.account.id, id)
    expect(stored?.received).toEqual(told({ diversion: [bob] }))
    expect(callFields(stored!)).toMatchObject({
      ...{ sip_headers: { 'X-Customer': '42' }, diversion: [bob] },
    })
  })
})

describe('headers of the caller', () => {
  it.each([
    ['end here', {}, {}],
    ['go on where the verb says so', { passHeaders: true }, { 'X-Customer': '42' }],
    ['give way to those of the verb', { headers: { 'X-New': '1' } }, { 'X-New': '1' }],
  ])('%s', async (_name, fields, headers) => {
    await route([{ ...dialTo, ...fields }])
    await call(told())
    expect(lab.requests[0]?.headers).toEqual(headers)
  })
})

it('headers of a new call are on its INVITE, and checked', async () => {
  const place = (headers: Record<string, string>) =>
    lab.centre.placeCall(lab.account, { to: '+61400000009', from: ownNumber, headers })
  await place({ 'X-Order': '7' })
  await lab.settle()
  expect(lab.requests[0]?.headers).toEqual({ 'X-Order': '7' })
  await expect(place({ Route: 'x' })).rejects.toMatchObject({ field: 'headers' })
  expect(lab.requests).toHaveLength(1)
})

it('a document of verbs takes X- headers and no others', () => {
  const dial = (more: object) => readVerbs([{ verb: 'dial', to: '1001', ...more }])
  expect(dial({ headers: { 'X-A': '1' }, pass_headers: true })).toEqual([
    { verb: 'dial', to: '1001', headers: { 'X-A': '1' }, passHeaders: true },
  ])
  for (const headers of [
    { Via: '1' },
    { 'X-A': 'a\r\nb' },
    { 'X-A': 1 },
    { 'X-A': 'é'.repeat(5000) },
  ]) {
    expect(() => dial({ headers })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  }
})

describe('a call that goes on', () => {
  it('by its number to another one tells whose it was', async () => {
    await lab.addNumber(number, { kind: 'number', number: '+61400000009' })
    await trunkIs({ trusted: true })
    await call(told({ diversion: [bob], maxForwards: 9 }))
    expect(lab.requests[0]).toMatchObject({
      maxForwards: 8,
      diversion: [{ from: number, reason: 'unconditional', counter: 1 }, bob],
    })
  })

  it('tells no trunk what a trunk that is not trusted told, but for numbers of the account', async () => {
    await lab.addNumber(number, { kind: 'number', number: '+61400000009' })
    const before = { from: ownNumber, reason: 'no-answer', counter: 1 }
    const name = { from: '1001', reason: 'no-answer', counter: 1 }
    await lab.addDevice('1001', true)
    await call(told({ diversion: [bob, before, name] }))
    expect(lab.requests[0]?.diversion).toEqual([
      { from: number, reason: 'unconditional', counter: 1 },
      before,
    ])
  })

  it('tells no trunk what a device made up', async () => {
    await lab.addDevice('1001', true)
    const device = await lab.store.devices.byUsername('1001')
    lab.sip.incoming({
      ...{ callId: randomUUID() as CallId, sipCallId: 'x', from: '1001', fromName: 'Bank' },
      ...{ to: '+61400000009', sdp: 'v=0', received: told({ diversion: [bob] }) },
      protocol: 'udp',
      source: { kind: 'device', deviceId: device!.id, username: '1001' },
    })
    await lab.settle()
    expect(lab.requests[0]).toMatchObject({ callerId: ownNumber, maxForwards: 69 })
    expect(lab.requests[0]).not.toHaveProperty('diversion')
    expect(lab.requests[0]).not.toHaveProperty('callerName')
  })

  it.each([
    ['its number', { kind: 'number', number: '+61400000009' }, 'rejected:482'],
    ['a verb', { kind: 'verbs', verbs: [dialTo] }, 'program_failed'],
  ] as const)('by %s in a circle that shows in nothing ends at ten', async (_, where, reason) => {
    await lab.addNumber(number, where)
    const before = await call(told())
    for (let more = 1; more < 10; more++) await call(told())
    const innermost = await call(told())
    expect(lab.requests).toHaveLength(10)
    const events = await lab.store.events.ofCall(lab.account.id, innermost)
    expect(events.at(-1)).toMatchObject({ type: 'call.failed', data: { endReason: reason } })
    expect(lab.commands).toContainEqual(expect.stringMatching(/^sip.reject \w+ (?:482|500)$/))
    // Another caller is another matter.
    await lab.incoming(number, '+61422222222')
    expect(lab.requests).toHaveLength(11)
    lab.sip.remoteCancel(before)
    await lab.settle()
    await call(told())
    expect(lab.requests).toHaveLength(12)
  })

  it('by a verb tells it too, to a number', async () => {
    await route([dialTo])
    await call(told())
    expect(lab.requests[0]?.diversion).toEqual([
      { from: number, reason: 'unconditional', counter: 1 },
    ])
  })

  it('by a verb to a device is no diversion', async () => {
    await lab.addDevice('1001', true)
    await route([{ verb: 'dial', to: '1001' }])
    await call(told({ diversion: [bob] }))
    expect(lab.requests[0]?.diversion).toEqual([bob])
  })

  it.each([
    ['five diversions', { diversion: [{ ...bob, counter: 3 }, bob, bob] }, 482],
    ['no hop left', { maxForwards: 1 }, 483],
  ])('ends after %s', async (_name, changes, status) => {
    await lab.addNumber(number, { kind: 'number', number: '+61400000009' })
    await call(told(changes))
    expect(lab.requests).toEqual([])
    expect(lab.commands).toContain(`sip.reject c1 ${status}`)
  })
})
