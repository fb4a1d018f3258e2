import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { callFields } from '../../../engine/app/call-fields.ts'
import { readVerbs } from '../../../engine/app/verb-document.ts'
import type { ReceivedDetails } from '../../../engine/core/call.ts'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
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

async function call(received?: ReceivedDetails, to = number): Promise<CallId> {
  const callId = randomUUID() as CallId
  lab.sip.incoming({
    ...{ callId, sipCallId: 'x@y', from: '+61411111111', fromName: null, to, sdp: 'v=0' },
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
    await call(told({ diversion: [bob], maxForwards: 9 }))
    expect(lab.requests[0]).toMatchObject({
      maxForwards: 8,
      diversion: [{ from: number, reason: 'unconditional', counter: 1 }, bob],
    })
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
