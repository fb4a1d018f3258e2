/** Requests inside a device's call that come from where it was not. */
import { beforeEach, expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls, sdp, withSdp } from './support/device-calls.ts'
import {
  type Answer,
  authorization,
  Bench,
  device,
  nonceOf,
  type Received,
} from './support/recorder.ts'
import { register } from './support/registering.ts'

const elsewhere = '198.51.100.66'
let bench: Bench
let calls: DeviceCalls
let offers: number
beforeEach(() => {
  bench = new Bench()
  calls = new DeviceCalls(bench)
  offers = 0
  bench.renegotiate = async () => {
    offers++
    return 'v=0 answer'
  }
  bench.transferWished = async () => {}
})

async function request(
  method: string,
  dialogId: string,
  headers: Record<string, string> = {},
  address = elsewhere,
): Promise<Received> {
  const all = { ...withSdp, from: '<sip:alice@pbx>;tag=hers', ...headers }
  const received = calls.request(method, dialogId, all, { address, body: sdp })
  await settle()
  return received
}
const proof = (challenged: Received, answer: Answer = {}) => ({
  authorization: authorization(nonceOf(challenged), { method: challenged.method, ...answer }),
})

test.each(['INVITE', 'UPDATE'])('%s leads the call nowhere without proof', async (method) => {
  const { dialogId } = await calls.up('c1')
  const asked = await request(method, dialogId)
  expect([asked.status, offers]).toEqual([401, 0])
  expect((await request(method, dialogId, proof(asked, { password: 'x' }))).status).toBe(401)
  bench.devices.set('bob', device('bob', 'right'))
  const byBob = await request(method, dialogId, proof(asked, { username: 'bob' }))
  expect([byBob.status, offers]).toEqual([403, 0])
})

test('a phone that has moved proves itself once, and is there from then on', async () => {
  const { dialogId } = await calls.up('c1')
  const asked = await request('INVITE', dialogId)
  expect((await request('INVITE', dialogId, proof(asked))).status).toBe(200)
  expect((await request('UPDATE', dialogId)).status).toBe(200)
  expect(offers).toBe(2)
  expect((await request('REFER', dialogId, { 'refer-to': '<sip:1003@pbx>' })).status).toBe(202)
  expect((await request('INVITE', dialogId, {}, '192.0.2.1')).status).toBe(401)
})

test('so does a phone that was called', async () => {
  await register(bench, { contact: '<sip:alice@192.0.2.1>' })
  const { id: deviceId, username } = bench.devices.get('alice')!
  const target = { kind: 'device', deviceId, username } as const
  bench.sip.invite('out' as CallId, { target, callerId: '1002', offers: { rtp: sdp } })
  const sent = bench.sent.at(-1)!.taken()
  sent.respond(200, { ...withSdp, to: '<sip:alice@h>;tag=his' }, sdp)
  const tag = /tag=(.*)$/.exec(sent.out.headers['From']!)?.[1]
  const dialogId = `${sent.out.headers['Call-ID']};from-tag=${tag}`
  expect((await request('INVITE', dialogId, {}, '192.0.2.1')).status).toBe(200)
  const asked = await request('INVITE', dialogId)
  expect(asked.status).toBe(401)
  expect((await request('INVITE', dialogId, proof(asked))).status).toBe(200)
})

test('one that is cancelled meanwhile is answered no more; a call that ended is 481', async () => {
  const { callId, dialogId } = await calls.up('c1')
  const asked = await request('INVITE', dialogId)
  const headers = { ...withSdp, from: '<sip:alice@pbx>;tag=hers', ...proof(asked) }
  const canceled = calls.request('INVITE', dialogId, headers, { address: elsewhere, body: sdp })
  canceled.cancel()
  await settle()
  expect([canceled.responses, offers]).toEqual([[], 0])
  const late = { ...headers, ...proof(await request('INVITE', dialogId)) }
  const ended = calls.request('INVITE', dialogId, late, { address: elsewhere, body: sdp })
  bench.sip.bye(callId)
  await settle()
  expect(ended.status).toBe(481)
})
