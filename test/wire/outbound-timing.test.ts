/** Outgoing calls whose answers come late, crossed or never. */
import { expect } from 'vitest'
import { placeCall, placeCancellable } from '../support/drachtio/outbound.ts'
import type { Run } from '../support/drachtio/run.ts'
import { scenario } from '../support/drachtio/scenario.ts'
import { type PeerMessage, reply, sdp } from '../support/drachtio/sip-text.ts'
import type { UdpPeer } from '../support/drachtio/udp-peer.ts'

const timeout = 'Sip non-success response: 408'

/** Retransmissions of an INVITE until timer B: the RFC has one more than v0.9.10. */
const firstGap = {
  what: /^repeats srv > p\d: INVITE/,
  because: 'v0.9.10 waits twice T1 before its first retransmission; RFC 3261 timer A is T1',
  sometimes: true,
}

scenario(
  '37-outbound-cancel-before-any-response',
  { slot: 30, needs: { speed: 10 }, differs: [firstGap], outcome: ['null CANCEL', timeout] },
  async (run) => {
    await run.udp(0)
    const srf = await run.appThenMark()
    const { invite, settled } = await placeCancellable(run, srf, run.peerUri(0))
    await run.pause(300)
    invite.cancel((error, sent) => run.note(`${error} ${sent.method}`))
    await settled
  },
)

scenario(
  '44-outbound-no-peer-timeout-408',
  { slot: 31, needs: { speed: 10 }, differs: [firstGap], outcome: [timeout] },
  async (run) => {
    const silent = await run.udp(0)
    await placeCall(run, await run.appThenMark(), run.peerUri(0))
    const invites = silent.arrivals.all.filter((message) => message.method === 'INVITE')
    expect(invites.length).toBeGreaterThanOrEqual(6)
    expect(new Set(invites.map((invite) => invite.raw)).size).toBe(1)
  },
)

scenario(
  '45-outbound-options-timeout-408',
  { slot: 32, needs: { speed: 10 }, outcome: ['null OPTIONS', '408 Request Timeout'] },
  async (run) => {
    await run.udp(0)
    const srf = await run.appThenMark()
    await new Promise<void>((resolve) => {
      srf.request(run.peerUri(0), { method: 'OPTIONS' }, (error, req) => {
        run.note(`${error} ${req.method}`)
        req.on('response', (res) => {
          run.note(`${res.status} ${res.reason}`)
          resolve()
        })
      })
    })
  },
)

scenario('49-outbound-late-app-ack', { slot: 33, outcome: ['up', 'destroyed'] }, async (run) => {
  const bob = await run.udp(0)
  let ok: string | undefined
  let acks = 0
  const again = (delayMs: number): void => {
    setTimeout(() => bob.send(ok ?? ''), delayMs)
  }
  bob.onMessage = (message) => {
    if (message.method === 'INVITE' && !ok) {
      const headers = { Contact: `<${run.peerUri(0)}>` }
      ok = reply(message, 200, 'OK', { headers, body: sdp(41_000) })
      for (const delayMs of [0, 500, 1500]) again(delayMs)
    }
    if (message.method === 'ACK' && ++acks === 1) for (const delayMs of [300, 600]) again(delayMs)
    if (message.method === 'BYE') bob.send(reply(message, 200, 'OK'))
  }
  const srf = await run.appThenMark()
  const offer = await srf.createUAC(run.peerUri(0), { noAck: true, callingNumber: '1001' })
  await run.pause(2000)
  const dialog = await offer.ack(sdp())
  run.note('up')
  await run.pause(900)
  await dialog.destroy()
  run.note('destroyed')
  expect(acks).toBe(3)
})

/** Rings, and answers a CANCEL as told. */
function ringing(
  run: Run,
  bob: UdpPeer,
  onCancel: (cancel: PeerMessage, invite: PeerMessage) => void,
) {
  const contact = { Contact: `<${run.peerUri(0)}>` }
  let invite: PeerMessage | undefined
  bob.onMessage = (message) => {
    if (message.method === 'INVITE') {
      invite = message
      bob.send(reply(message, 180, 'Ringing', { headers: contact }))
    }
    if (message.method === 'CANCEL' && invite) onCancel(message, invite)
    if (message.method === 'BYE') bob.send(reply(message, 200, 'OK'))
  }
}

scenario(
  '53-outbound-cancel-races-200',
  {
    slot: 34,
    outcome: ['180 Ringing', 'null', 'up', 'BYE: ACK-BYE due to cancel race condition'],
  },
  async (run) => {
    const bob = await run.udp(0)
    const headers = { Contact: `<${run.peerUri(0)}>` }
    ringing(run, bob, (cancel, invite) => {
      bob.send(reply(invite, 200, 'OK', { headers, body: sdp(41_000) }))
      bob.send(reply(cancel, 481, 'No Transaction'))
    })
    const srf = await run.appThenMark()
    const { invite, settled } = await placeCancellable(run, srf, run.peerUri(0))
    await run.pause(300)
    invite.cancel((error) => run.note(`${error}`))
    await settled
    await run.pause(200)
  },
)

scenario(
  '54-outbound-cancel-never-487',
  {
    slot: 35,
    needs: { speed: 10 },
    outcome: ['180 Ringing', 'null', 'settled'],
    differs: [
      {
        what: /^extra srv > APP1: sip\|.* SIP\/2\.0 (487|408)/,
        because: 'v0.9.10 forgets the INVITE without telling the application, which waits for ever',
      },
      {
        what: /^(extra|missing) APP1 > srv: .*ACK/,
        because: 'the library acknowledges that final',
      },
      {
        what: /^extra srv > APP1: response.*ACK for non-success/,
        because: 'the answer to that ACK',
      },
    ],
  },
  async (run) => {
    const bob = await run.udp(0)
    ringing(run, bob, (cancel) => bob.send(reply(cancel, 200, 'OK')))
    const srf = await run.appThenMark()
    let settled = false
    srf
      .createUAC(
        run.peerUri(0),
        { localSdp: sdp(), callingNumber: '1001' },
        {
          cbProvisional: (res) => run.note(`${res.status} ${res.reason}`),
          cbRequest: (_error, req) => {
            setTimeout(() => req.cancel((fault) => run.note(`${fault}`)), 50)
          },
        },
      )
      .catch(() => {
        settled = true
        run.note('settled')
      })
    for (let waited = 0; waited < 70_000 && !settled; waited += 500) await run.pause(500)
  },
)
