/** Several applications on one server, and applications that go away. */
import { expect } from 'vitest'
import type { Run } from '../support/drachtio/run.ts'
import { scenario } from '../support/drachtio/scenario.ts'
import {
  contactUri,
  type PeerMessage,
  type RequestParts,
  reply,
  request,
  sdp,
} from '../support/drachtio/sip-text.ts'
import type { Srf } from '../support/drachtio/srf.ts'
import type { UdpPeer } from '../support/drachtio/udp-peer.ts'

scenario(
  '95-two-apps-round-robin',
  {
    slot: 93,
    // Who gets which request after a repeated registration differs, so lanes are not comparable.
    only: (lane) => lane.includes('p0'),
    outcome: ['ABAB', 'three each', 'BB'],
  },
  async (run) => {
    const peer = await run.udp(0)
    let served = ''
    const serve = (label: string) => (srf: Srf) =>
      srf.options((_req, res) => {
        served += label
        res.send(200)
      })
    const ask = async (callId: string): Promise<void> => {
      peer.send(request('OPTIONS', run.uri, run.caller(`opt-${callId}`, 0, 'u')))
      await peer.status(200, `opt-${callId}`)
    }
    const first = await run.app(serve('A'), { label: 'A' })
    await run.app(serve('B'), { label: 'B' })
    run.mark()
    for (let count = 0; count < 4; count++) await ask(`rr${count}`)
    run.note(served)
    // The library now repeats its OPTIONS route; a route that stands already must not count twice.
    first.info((_req, res) => res.send(200))
    await run.pause(30)
    await run.answered()
    served = ''
    for (let count = 0; count < 6; count++) await ask(`rs${count}`)
    run.note(served.replaceAll('A', '').length === 3 ? 'three each' : served)
    first.disconnect()
    await run.pause(100)
    served = ''
    for (let count = 0; count < 2; count++) await ask(`rt${count}`)
    run.note(served)
  },
)

interface Standing {
  readonly inDialog: RequestParts
  readonly target: string
  readonly contact: string
}

async function callIn(run: Run, peer: UdpPeer, callId: string): Promise<Standing> {
  const parts = run.caller(callId)
  peer.send(request('INVITE', run.uri, { ...parts, body: sdp() }))
  const ok = await peer.status(200, callId)
  const inDialog = { ...parts, to: ok.get('to') ?? '', contact: undefined }
  const target = contactUri(ok)
  peer.send(request('ACK', target, inDialog))
  await run.pause(50)
  return { inDialog, target, contact: parts.contact ?? '' }
}

const answerCalls = (srf: Srf): void => {
  srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: sdp() }).catch(() => {}))
  srf.bye((_req, res) => res.send(200))
  srf.info((_req, res) => res.send(200))
}

const isFinal =
  (callId: string, method: string) =>
  (message: PeerMessage): boolean =>
    (message.status ?? 0) >= 200 &&
    message.get('call-id') === callId &&
    message.cseqMethod === method &&
    message.cseq > 1

scenario(
  '96-app-disconnects-mid-call',
  { slot: 94, unrecorded: 'v0.9.10 lets calls stand whose application is gone; ours ends them' },
  async (run) => {
    const alice = await run.udp(0)
    alice.onMessage = (message) => {
      if (message.method === 'BYE') alice.send(reply(message, 200, 'OK'))
    }
    const first = await run.appThenMark(answerCalls, { label: 'A' })
    const calls = new Map<string, Standing>()
    for (const callId of ['call-1', 'call-2', 'call-3'])
      calls.set(callId, await callIn(run, alice, callId))
    first.disconnect()
    const ended = new Set<string>()
    for (let count = 0; count < 3; count++) {
      const bye = await alice.next((message) => message.method === 'BYE')
      ended.add(bye.get('call-id') ?? '')
    }
    expect(ended).toEqual(new Set(calls.keys()))
    // What the peer still says into those calls is refused.
    for (const [callId, method] of [
      ['call-1', 'INFO'],
      ['call-2', 'INVITE'],
      ['call-3', 'BYE'],
    ] as const) {
      const call = calls.get(callId)
      if (!call) continue
      const parts = { ...call.inDialog, cseq: 2 }
      const invite = { ...parts, contact: call.contact, body: sdp() }
      alice.send(request(method, call.target, method === 'INVITE' ? invite : parts))
      const final = await alice.next(isFinal(callId, method))
      expect(final.status, method).toBe(481)
      if (method === 'INVITE')
        alice.send(request('ACK', call.target, { ...parts, to: final.get('to') ?? '' }))
    }
    const second = await run.app(answerCalls, { label: 'A2' })
    await callIn(run, alice, 'call-4')
    second.disconnect()
  },
)

scenario(
  '97-app-disconnects-while-ringing',
  { slot: 95, unrecorded: 'v0.9.10 leaves these callers without an answer until they cancel' },
  async (run) => {
    const alice = await run.udp(0)
    const finals = new Map<string, number>()
    alice.onMessage = (message) => {
      if ((message.status ?? 0) < 300) return
      const callId = message.get('call-id') ?? ''
      finals.set(callId, message.status ?? 0)
      const parts = { ...run.caller(callId), branch: `z9hG4bK${callId}`, contact: undefined }
      alice.send(request('ACK', run.uri, { ...parts, to: message.get('to') ?? '' }))
    }
    const app = await run.app((srf) =>
      srf.invite((req, res) => {
        if (req.get('call-id') === 'ring-1') res.send(180)
      }),
    )
    for (const callId of ['ring-1', 'silent-1']) {
      const parts = { ...run.caller(callId), branch: `z9hG4bK${callId}` }
      alice.send(request('INVITE', run.uri, { ...parts, body: sdp() }))
    }
    await run.pause(200)
    app.disconnect()
    await run.pause(500)
    expect([...finals.keys()].sort((a, b) => (a < b ? -1 : 1))).toEqual(['ring-1', 'silent-1'])
    for (const status of finals.values()) expect(status).toBeGreaterThanOrEqual(480)
  },
)

scenario(
  '98-uac-call-then-app-gone',
  { slot: 96, unrecorded: 'v0.9.10 leaves the callee with a 200 that nobody acknowledges' },
  async (run) => {
    const bob = await run.udp(0)
    const seen: string[] = []
    let invite: PeerMessage | undefined
    const contact = { Contact: `<${run.peerUri(0)}>` }
    bob.onMessage = (message) => {
      if (message.method) seen.push(message.method)
      if (message.method === 'INVITE' && !invite) {
        invite = message
        bob.send(reply(message, 180, 'Ringing', { headers: contact }))
      }
      if (message.method === 'CANCEL' || message.method === 'BYE')
        bob.send(reply(message, 200, 'OK'))
      // Too late for the CANCEL: the callee has picked up.
      if (message.method === 'CANCEL' && invite)
        bob.send(reply(invite, 200, 'OK', { headers: contact, body: sdp() }))
    }
    const app = await run.app()
    app.createUAC(run.peerUri(0), { localSdp: sdp() }).catch(() => {})
    await bob.next((message) => message.method === 'INVITE')
    await run.pause(100)
    app.disconnect()
    await bob.next((message) => message.method === 'BYE')
    expect(seen).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE'])
  },
)
