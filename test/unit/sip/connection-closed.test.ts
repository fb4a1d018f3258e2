/** A connection is closed on which contacts registered: browsers are gone with it, phones are expected back. */
import { expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls, sdp } from './support/device-calls.ts'
import { Bench, device } from './support/recorder.ts'
import { register } from './support/registering.ts'

const alice = device('alice', 'right')
function opened(): Bench {
  const bench = new Bench([], true, { pingEveryMs: 30_000 })
  bench.devices.set('alice', alice)
  return bench
}
const at = (protocol: string, port: number) => ({ protocol, address: '203.0.113.7', port })
const ws = (port: number) => at('ws', port)
const tab = { contact: '<sip:x1@a.invalid;transport=ws>' }
const otherTab = { contact: '<sip:x2@b.invalid;transport=ws>' }
const states = (bench: Bench) =>
  bench.sip.registeredContacts(alice.id).map(({ uri, reachability }) => [uri, reachability])
const uris = (bench: Bench) => states(bench).map(([uri]) => uri)

it('a tab is closed: its registration ends, also in the store; that of another one stays', async () => {
  const bench = opened()
  await register(bench, tab, {}, ws(40_000))
  await register(bench, otherTab, {}, ws(40_001))
  bench.sip.connectionClosed('ws/203.0.113.7:40000')
  await settle()
  expect(uris(bench)).toEqual(['sip:x2@b.invalid;transport=ws'])
  expect([...bench.stored.keys()]).toEqual(['id-of-alice sip:x2@b.invalid;transport=ws'])
  expect(bench.registrar.at(-1)).toBe('unregistered alice ws/203.0.113.7:40000 connection-closed')
  await bench.clock.advance(1_500)
  expect(bench.sent.map(({ out }) => out.uri)).toEqual(['sip:x2@b.invalid;transport=ws'])
})

it('a page that came back on another connection first keeps what it has there', async () => {
  const bench = opened()
  await register(bench, tab, {}, ws(40_000))
  await register(bench, tab, {}, ws(40_002))
  bench.sip.connectionClosed('ws/203.0.113.7:40000')
  await settle()
  expect(uris(bench)).toEqual(['sip:x1@a.invalid;transport=ws'])
  expect(bench.registrar.at(-1)).toBe('registered alice ws/203.0.113.7:40002 ws/203.0.113.7:40000')
  bench.sip.connectionClosed('ws/203.0.113.7:40002')
  expect(uris(bench)).toEqual([])
})

it('a phone on TCP or TLS is not called until it registers again; a call that is up stays', async () => {
  const bench = opened()
  const contact = '<sip:a@10.0.0.9:5062;transport=tls>'
  await register(bench, { contact }, {}, at('tls', 40_003))
  const target = { kind: 'device', deviceId: alice.id } as const
  bench.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0\r\n' } })
  bench.sent[0]?.taken().respond(200, { contact }, 'v=0\r\n')
  await settle()
  bench.sip.connectionClosed('tls/203.0.113.7:40003')
  expect(states(bench)).toEqual([['sip:a@10.0.0.9:5062;transport=tls', 'gone']])
  expect(bench.registrar).toHaveLength(1)
  expect(bench.heard).not.toContainEqual(expect.stringMatching(/^remoteHangup/))
  bench.sip.invite('next' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0\r\n' } })
  await settle()
  expect(bench.heard.at(-1)).toMatch(/^rejected 480/)
  await bench.clock.advance(60_000)
  expect(bench.sent.filter(({ out }) => out.method === 'OPTIONS')).toEqual([])
  await register(bench, { contact }, {}, at('tls', 40_004))
  expect(states(bench)).toEqual([['sip:a@10.0.0.9:5062;transport=tls', 'unknown']])
})

it.each([
  [
    'that listens at its own address',
    { contact: '<sip:a@203.0.113.7:40000;transport=tcp>' },
    'tcp',
  ],
  [
    'behind a proxy',
    { contact: '<sip:a@x.invalid;transport=ws>', path: '<sip:edge.test;lr>' },
    'ws',
  ],
])('a phone %s needs no connection of its own', async (_who, headers, protocol) => {
  const bench = opened()
  await register(bench, { ...headers, supported: 'path' }, {}, at(protocol, 40_000))
  bench.sip.connectionClosed(`${protocol}/203.0.113.7:40000`)
  expect(states(bench).map(([, reachability]) => reachability)).toEqual(['unknown'])
  expect(bench.registrar).toHaveLength(1)
})

it('what closes while the engine ends is no loss: who was registered still is', async () => {
  const bench = opened()
  await register(bench, tab, {}, ws(40_000))
  const closed = bench.sip.close()
  bench.sip.connectionClosed('ws/203.0.113.7:40000')
  await bench.clock.advance(2_000)
  await closed
  expect([...bench.stored.keys()]).toHaveLength(1)
})

const webSocket = 'ws/192.0.2.1:5060'
async function calling(protocol: string, headers: Record<string, string> = {}) {
  const bench = new Bench()
  const request = await new DeviceCalls(bench).arrive('c', headers, { protocol })
  return { bench, request, callId: bench.calls[0]! }
}
const remoteCancel = expect.stringMatching(/^remoteCancel/)

it('a page is closed while it calls: it has given up', async () => {
  const { bench, request, callId } = await calling('ws')
  bench.sip.progress(callId, 180)
  bench.sip.connectionClosed('ws/192.0.2.1:5061')
  expect(bench.heard).not.toContainEqual(remoteCancel)
  bench.sip.connectionClosed(webSocket)
  bench.sip.connectionClosed(webSocket)
  expect(bench.heard.filter((line) => line.startsWith('remoteCancel'))).toHaveLength(1)
  expect(request.status).toBe(487)
  expect(bench.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
})

it('a page is closed whose call is up: the call stays, for the page to come back to', async () => {
  const { bench, request, callId } = await calling('ws')
  bench.sip.accept(callId, sdp)
  bench.sip.connectionClosed(webSocket)
  expect(bench.heard).not.toContainEqual(remoteCancel)
  expect(request.status).toBe(200)
})

it.each([
  ['of a phone on TCP, which connects again', 'tcp', {}],
  ['of a proxy', 'ws', { 'record-route': '<sip:edge.test;lr>' }],
])('a connection %s is closed: its calls ring on', async (_whose, protocol, headers) => {
  const { bench, request, callId } = await calling(protocol, headers)
  bench.sip.progress(callId, 180)
  bench.sip.connectionClosed(`${protocol}/192.0.2.1:5060`)
  expect(request.status).toBe(180)
  expect(bench.heard).not.toContainEqual(remoteCancel)
})
