/** Which dialogs a call has, and what a control port shows of them. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { SipTraceStore } from '../../../engine/observe/index.ts'
import { Caller } from './support/caller.ts'
import { reply, sdp, UdpPeer } from './support/peer.ts'
import { type Rig, startRig, trunk } from './support/rig.ts'

let store: SipTraceStore
let rig: Rig
let peer: UdpPeer
beforeEach(async () => {
  store = new SipTraceStore()
  const trace = {
    claim: (...claim: Parameters<SipTraceStore['claim']>) => store.claim(...claim),
    record: (message: Parameters<SipTraceStore['record']>[0]) => store.record(message),
  }
  rig = await startRig({ trace })
  peer = await UdpPeer.open(rig.sipPort)
})
afterEach(async () => {
  await rig.close()
  peer.close()
})

const told = (callId: CallId) =>
  store.ofCall(callId)?.messages.map(({ direction, raw, remote }) => {
    const start = /^(?:SIP\/2\.0 (\d+)|(\S+))/.exec(raw)
    return `${direction} ${remote.port === peer.port ? 'peer' : remote.port} ${start?.[1] ?? start?.[2]}`
  })

it('an outbound call by way of its frames, the repetition with credentials too', async () => {
  const carrier = trunk(peer.port, { username: 'us', password: 'open sesame' })
  const callId = rig.call({ kind: 'trunk', trunk: carrier, number: '+61400000001' })
  const first = await peer.expect('INVITE')
  peer.send(reply(first, 407, { headers: [['Proxy-Authenticate', 'Digest realm="r", nonce="n"']] }))
  const second = await peer.expect('INVITE')
  peer.send(reply(second, 200, { body: sdp(4004), contact: peer.contact }))
  await rig.heard.next('answered 4004')
  await peer.expect('ACK')
  rig.sip.bye(callId)
  peer.send(reply(await peer.expect('BYE'), 200))
  await expect
    .poll(() => told(callId))
    .toEqual([
      'out peer INVITE',
      'in peer 407',
      'out peer INVITE',
      'in peer 200',
      'out peer ACK',
      'out peer BYE',
      'in peer 200',
    ])
  const proof = /response="([^"]+)"/.exec(second.headers['proxy-authorization'] ?? '')?.[1]
  expect(proof).toMatch(/^[\da-f]{32}$/)
  const raws = store
    .ofCall(callId)
    ?.messages.map(({ raw }) => raw)
    .join()
  expect(raws).not.toContain(proof)
  expect(raws).toContain(`response="${'*'.repeat(32)}"`)
})

it('each attempt of one call is a dialog of it', async () => {
  const target = { kind: 'trunk', trunk: trunk(peer.port), number: '+61400000001' } as const
  const callId = rig.call(target)
  peer.send(reply(await peer.expect('INVITE'), 503))
  await rig.heard.next('rejected 503')
  rig.sip.invite(callId, { target, callerId: '+15005550001', offers: { rtp: sdp(5004) } })
  peer.send(reply(await peer.expect('INVITE'), 486))
  await rig.heard.next('rejected 486')
  const traced = store.ofCall(callId)
  expect(new Set(traced?.messages.map(({ sipCallId }) => sipCallId)).size).toBe(2)
  expect(told(callId)?.filter((line) => line.startsWith('in'))).toEqual([
    'in peer 503',
    'in peer 486',
  ])
})

it('two callers with one Call-ID: each call has its own messages, those of both directions', async () => {
  rig.trunks.push(trunk(peer.port))
  const from = 'sip:+61400000009@carrier.example'
  const party = { from, to: `sip:+15005550100@127.0.0.1:${rig.sipPort}`, callId: 'guessed' }
  const ids: CallId[] = []
  const callers: Caller[] = []
  for (const name of ['first', 'second']) {
    const caller = new Caller(peer, party)
    caller.request('INVITE', { body: sdp(4000), headers: [['X-Secret', name]] })
    await rig.heard.next('incoming')
    const id = rig.heard.invites.at(-1)?.callId
    if (id === undefined) throw new Error('no call')
    rig.sip.accept(id, sdp(5004))
    caller.ack(await peer.expect(200))
    ids.push(id)
    callers.push(caller)
  }
  const [first, second] = ids as [CallId, CallId]
  rig.sip.bye(first)
  const bye = await peer.expect('BYE')
  expect(bye.headers['call-id']).toBe('guessed')
  peer.send(reply(bye, 200))
  callers[1]?.request('BYE')
  await rig.heard.next('remoteHangup')
  await expect.poll(() => told(first)?.at(-1)).toBe('in peer 200')
  await expect.poll(() => told(second)?.at(-1)).toBe('out peer 200')
  expect(told(first)).toContain('out peer BYE')
  expect(told(second)).toContain('in peer BYE')
  const secretsOf = (id: CallId) => [
    ...new Set(
      store.ofCall(id)?.messages.flatMap(({ raw }) => /X-Secret: (\w+)/i.exec(raw)?.[1] ?? []),
    ),
  ]
  expect([secretsOf(first), secretsOf(second)]).toEqual([['first'], ['second']])
})
