/** What is said of session timers (RFC 4028); the SIP server, which keeps them, has tests of its own. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls, withSdp } from './support/device-calls.ts'
import { Bench, Received, type Sent } from './support/recorder.ts'

let bench: Bench
let calls: DeviceCalls
beforeEach(() => {
  bench = new Bench()
  calls = new DeviceCalls(bench)
})

const call = 'call' as CallId
const place = { kind: 'uri', uri: 'sip:b@host.example' } as const
const trunk: TrunkRecord = {
  ...{ id: 'trunk' as TrunkId, name: 'carrier', host: '192.0.2.9', port: 5060, transport: 'udp' },
  ...{ username: 'us', password: 'pw', defaultCallerId: null, prefixes: [], priority: 0 },
  ...{ weight: 10, maxCalls: null, maxCallsPerSecond: null, enabled: true },
}
const last = (): Sent => bench.sent.at(-1)!
const session = () => {
  const { CSeq, 'Session-Expires': expires, 'Min-SE': least } = last().out.headers
  return [CSeq, expires, least]
}
const invite = (): void => {
  bench.sip.invite(call, { target: place, callerId: '+15005550001', offers: { rtp: 'v=0\r\n' } })
}

describe('an INVITE of ours', () => {
  test('asks for 1800 s and leaves open who refreshes', () => {
    invite()
    expect(session()).toEqual(['1 INVITE', '1800', undefined])
    expect(last().out.headers['Supported']).toContain('timer')
  })

  test('that is refused with 422 asks for what is needed, once', () => {
    invite()
    last().taken().respond(422, { 'min-se': '3600' })
    expect(session()).toEqual(['2 INVITE', '3600', '3600'])
    last().taken().respond(422, { 'min-se': '7200' })
    expect(bench.heard).toEqual(['rejected 422 Test'])
  })

  test.each([undefined, 'x', '90', '99999999'])(
    'that gets 422 with Min-SE %s is refused',
    (least) => {
      invite()
      last()
        .taken()
        .respond(422, least === undefined ? {} : { 'min-se': least })
      expect(bench.heard).toEqual(['rejected 422 Test'])
      expect(bench.sent).toHaveLength(1)
    },
  )

  test('proves who we are before and after it', () => {
    const target = { kind: 'trunk', trunk, number: '+61400000001' } as const
    bench.sip.invite(call, { target, callerId: '+15005550001', offers: { rtp: 'v=0\r\n' } })
    const asked = { 'www-authenticate': 'Digest realm="r", nonce="n"' }
    last().taken().respond(401, asked)
    last().taken().respond(422, { 'min-se': '3600' })
    last().taken().respond(401, asked)
    expect(session()).toEqual(['4 INVITE', '3600', '3600'])
    expect(last().out.headers['Authorization']).toMatch(/^Digest /)
    last().taken().respond(200, withSdp, 'v=0\r\n')
    expect(bench.heard).toHaveLength(1)
  })
})

test('a re-INVITE of ours goes on with the timer', async () => {
  invite()
  last().taken().respond(422, { 'min-se': '3600' })
  last().taken().respond(200, withSdp, 'v=0\r\n')
  void bench.sip.reoffer(call, async () => 'v=0 again').catch(() => {})
  await settle()
  expect(last().out).toMatchObject({
    body: 'v=0 again',
    headers: { 'Session-Expires': '3600', 'Min-SE': '3600' },
  })
  expect(last().out.headers['Supported']).toContain('timer')
})

describe('to a caller', () => {
  test.each<[string, Record<string, string>, string | undefined, string | undefined]>([
    ['knows none', {}, undefined, undefined],
    ['knows timers', { supported: 'replaces, timer' }, '1800;refresher=uac', 'timer'],
    ['asks', { supported: 'timer', 'session-expires': '300' }, '300;refresher=uac', 'timer'],
    ['would refresh', { 'session-expires': '300;refresher=uac' }, '300;refresher=uac', 'timer'],
    [
      'wants us to refresh',
      { supported: 'timer', 'session-expires': '300; refresher=uas' },
      '300;refresher=uas',
      undefined,
    ],
    [
      'is spoken for by a proxy',
      { 'session-expires': '300', 'min-se': '600' },
      '600;refresher=uas',
      undefined,
    ],
  ])('who %s, the answer says so', async (_who, headers, expires, require) => {
    const request = await calls.arrive('c', headers)
    bench.sip.accept(bench.calls.at(-1)!, 'v=0\r\n')
    const answer = request.responses.at(-1)?.headers ?? {}
    expect([answer['Session-Expires'], answer['Require']]).toEqual([expires, require])
  })

  test.each([
    ['who knows timers', { supported: 'timer' }, [422, '90']],
    ['for whom a proxy speaks', {}, [401, undefined]],
  ])('too short a session of one %s', (_who, supported, answer) => {
    const headers = {
      ...{ from: '<sip:alice@pbx>;tag=f', to: '<sip:1002@pbx>', 'call-id': 'short' },
      ...{ contact: '<sip:alice@192.0.2.1>', 'session-expires': '89', ...supported },
    }
    const invite = bench.receive(new Received('INVITE', { uri: 'sip:1002@pbx', headers }))
    return settle().then(() => {
      const { status, headers: said } = invite.responses.at(-1) ?? {}
      expect([status, said?.['Min-SE']]).toEqual(answer)
    })
  })

  test('his UPDATE in the call is answered alike', () => {
    const { dialogId } = calls.called()
    const headers = { supported: 'timer', 'session-expires': '1800;refresher=uac' }
    const update = bench.receive(new Received('UPDATE', { dialogId, headers }))
    expect(update.responses.at(-1)).toMatchObject({
      status: 200,
      headers: { 'Session-Expires': '1800;refresher=uac', Require: 'timer' },
    })
  })
})
