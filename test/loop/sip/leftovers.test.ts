/** Calls of every end, one after the other: nothing of them is left in server, application or library. */
import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { InviteRequest } from '../../../engine/core/ports/sip.ts'
import { Caller } from './support/caller.ts'
import { type Message, reply, sdp, UdpPeer } from './support/peer.ts'
import { type Rig, startRig, trunk } from './support/rig.ts'

type Held = Readonly<Record<string, unknown>>

/** What the library keeps for each control connection; it shows it to nobody. */
const agent = createRequire(import.meta.url)('drachtio-srf/lib/drachtio-agent.js') as {
  readonly prototype: { _initServer(...args: unknown[]): Held }
}
const connections: Held[] = []
const init = agent.prototype._initServer
vi.spyOn(agent.prototype, '_initServer').mockImplementation(function (this: object, ...args) {
  const held = init.apply(this as typeof agent.prototype, args)
  connections.push(held)
  return held
})

let rig: Rig
let peer: UdpPeer
beforeEach(async () => {
  connections.length = 0
  rig = await startRig({}, { fast: true })
  peer = await UdpPeer.open(rig.sipPort)
  rig.trunks.push(trunk(peer.port, { username: 'user', password: 'secret' }))
})
afterEach(async () => {
  await rig.close()
  peer.close()
})

function left(): Record<string, number> {
  const { legs, dialogs } = rig.sip.counts()
  const { transactions, inbound, outbound, ...server } = rig.serverStats()
  const maps = Object.entries(connections[0] ?? {}).flatMap(([name, held]) =>
    held instanceof Map || held instanceof Set ? [[name, held.size] as const] : [],
  )
  return {
    ...Object.fromEntries(maps),
    ...{ legs, dialogs, inbound, outbound, serverDialogs: server.dialogs },
    // those of ours that were refused wait 32 s for repetitions (timer D), however short T1 is
    server: transactions.server,
  }
}

const nothingLeft = () =>
  expect.poll(() => Object.entries(left()).filter(([, count]) => count > 0)).toEqual([])

const out = (more: Partial<InviteRequest> = {}): CallId =>
  rig.call({ kind: 'trunk', trunk: rig.trunks[0]!, number: '+61400000001' }, more)
const answered = (invite: Message): string =>
  reply(invite, 200, { body: sdp(), contact: peer.contact })
const answer = async (method: string, status: number): Promise<void> =>
  peer.send(reply(await peer.expect(method), status))

async function up(): Promise<{ readonly callId: CallId; readonly ack: Message }> {
  const callId = out()
  peer.send(answered(await peer.expect('INVITE')))
  await rig.heard.next('answered')
  return { callId, ack: await peer.expect('ACK') }
}

async function ringing(): Promise<{ readonly callId: CallId; readonly invite: Message }> {
  const callId = out()
  const invite = await peer.expect('INVITE')
  peer.send(reply(invite, 180))
  await rig.heard.next('progress')
  return { callId, invite }
}

const outbound: readonly (readonly [string, () => Promise<void>])[] = [
  [
    'answered, BYE from us',
    async () => {
      rig.sip.bye((await up()).callId)
      await answer('BYE', 200)
    },
  ],
  [
    'answered, BYE from the phone',
    async () => {
      const { from = '', to = '', 'call-id': id = '' } = (await up()).ack.headers
      const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKbye`
      peer.send(
        `BYE sip:127.0.0.1:${rig.sipPort} SIP/2.0\r\nVia: ${via}\r\nFrom: ${to}\r\nTo: ${from}\r\n` +
          `Call-ID: ${id}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n`,
      )
      await rig.heard.next('remoteHangup')
    },
  ],
  ['answered, BYE without an answer', async () => rig.sip.bye((await up()).callId)],
  [
    'refused',
    async () => {
      out()
      await answer('INVITE', 486)
      await rig.heard.next('rejected 486')
    },
  ],
  [
    'challenged, then refused',
    async () => {
      out()
      const challenge: [string, string] = [
        'Proxy-Authenticate',
        'Digest realm="far", nonce="n", algorithm=MD5, qop="auth"',
      ]
      peer.send(reply(await peer.expect('INVITE'), 407, { headers: [challenge] }))
      await peer.expect('ACK')
      await answer('INVITE', 603)
      await rig.heard.next('rejected 603')
    },
  ],
  [
    'cancelled',
    async () => {
      const { callId, invite } = await ringing()
      rig.sip.cancel(callId)
      await answer('CANCEL', 200)
      peer.send(reply(invite, 487))
    },
  ],
  ['cancelled, and nobody says so', async () => rig.sip.cancel((await ringing()).callId)],
  [
    'cancelled as it was answered',
    async () => {
      const { callId, invite } = await ringing()
      rig.sip.cancel(callId)
      await answer('CANCEL', 200)
      peer.send(answered(invite))
      await answer('BYE', 200)
    },
  ],
  [
    'silence',
    async () => {
      out()
      await rig.heard.next('rejected 408')
    },
  ],
  [
    'given up for silence',
    async () => {
      out({ tryingWithinMs: 100 })
      await rig.heard.next('rejected 408')
    },
  ],
  [
    'nobody there',
    async () => {
      rig.call({ kind: 'uri', uri: 'sip:x@127.0.0.9:9;transport=tcp' })
      await rig.heard.next('rejected 503')
    },
  ],
]

const caller = (): Caller =>
  new Caller(peer, {
    from: 'sip:+61400000009@x',
    to: `sip:+15005550100@127.0.0.1:${rig.sipPort}`,
  })
const last = (): CallId => rig.heard.invites.at(-1)!.callId

async function taken(): Promise<Caller> {
  const one = caller()
  one.request('INVITE', { body: sdp() })
  await rig.heard.next('incoming')
  rig.sip.accept(last(), sdp(5004))
  one.ack(await peer.expect(200))
  return one
}

const inbound: readonly (readonly [string, () => Promise<void>])[] = [
  [
    'answered, BYE from the phone',
    async () => {
      const one = await taken()
      one.request('BYE')
      await rig.heard.next('remoteHangup')
    },
  ],
  [
    'answered, BYE from us',
    async () => {
      await taken()
      rig.sip.bye(last())
      await answer('BYE', 200)
    },
  ],
  [
    'refused',
    async () => {
      const one = caller()
      one.request('INVITE', { body: sdp() })
      await rig.heard.next('incoming')
      rig.sip.reject(last(), 486)
      one.ackFailure(await peer.expect(486))
    },
  ],
  [
    'refused, and nobody acknowledges',
    async () => {
      caller().request('INVITE', { body: sdp() })
      await rig.heard.next('incoming')
      rig.sip.reject(last(), 486)
    },
  ],
  [
    'cancelled',
    async () => {
      const one = caller()
      one.request('INVITE', { body: sdp() })
      await rig.heard.next('incoming')
      rig.sip.progress(last(), 180)
      await peer.expect(180)
      one.cancel()
      await rig.heard.next('remoteCancel')
      one.ackFailure(await peer.expect(487))
    },
  ],
  [
    'answered, and nobody acknowledges',
    async () => {
      caller().request('INVITE', { body: sdp() })
      await rig.heard.next('incoming')
      rig.sip.accept(last(), sdp(5004))
      await rig.heard.next('remoteHangup ACK timeout')
    },
  ],
  [
    'no SDP in INVITE nor ACK',
    async () => {
      const one = caller()
      one.request('INVITE')
      await rig.heard.next('incoming')
      rig.sip.accept(last(), sdp(5004))
      one.ack(await peer.expect(200))
      await answer('BYE', 200)
    },
  ],
]

it('the library is looked into', () => {
  expect(Object.keys(left())).toEqual(
    expect.arrayContaining(['pendingRequests', 'pendingSipRequests', 'pendingNetworkInvites']),
  )
})

it.each(outbound)('of a call from us: %s', async (_, run) => {
  await run()
  await nothingLeft()
})

it.each(inbound)('of a call to us: %s', async (_, run) => {
  await run()
  await nothingLeft()
})
