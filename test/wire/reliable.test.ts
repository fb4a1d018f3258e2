/** Reliable provisional responses (RFC 3262) and what happens before their PRACK. */
import type { Run } from '../support/drachtio/run.ts'
import { scenario } from '../support/drachtio/scenario.ts'
import {
  contactUri,
  type PeerMessage,
  type RequestParts,
  request,
  sdp,
} from '../support/drachtio/sip-text.ts'
import type { UdpPeer } from '../support/drachtio/udp-peer.ts'

const reliable = { Require: '100rel' }

function invite(run: Run, peer: UdpPeer, callId: string): RequestParts {
  const parts = run.caller(callId)
  const headers = { Supported: '100rel' }
  peer.send(request('INVITE', run.uri, { ...parts, headers, body: sdp() }))
  return { ...parts, contact: undefined }
}

const prack = (provisional: PeerMessage, parts: RequestParts, cseq: number): string =>
  request('PRACK', contactUri(provisional), {
    ...parts,
    to: provisional.get('to') ?? '',
    cseq,
    headers: { RAck: `${provisional.get('rseq')} 1 INVITE` },
  })

/** Acknowledges the answer and hangs up. */
async function ackAndBye(
  run: Run,
  peer: UdpPeer,
  parts: RequestParts,
  cseq: number,
): Promise<void> {
  const ok = await peer.next((m) => m.status === 200 && m.cseqMethod === 'INVITE')
  const inDialog = { ...parts, to: ok.get('to') ?? '' }
  peer.send(request('ACK', contactUri(ok), inDialog))
  await run.pause(150)
  peer.send(request('BYE', contactUri(ok), { ...inDialog, cseq }))
  await peer.next((m) => m.status === 200 && m.cseqMethod === 'BYE')
}

scenario('b0-update-during-early-dialog', { slot: 103, outcome: ['update', 'up'] }, async (run) => {
  const alice = await run.udp(0)
  await run.appThenMark((srf) =>
    srf.invite((req, res) => {
      req.on('update', (_update, answer) => {
        run.note('update')
        answer.send(200, { body: sdp() })
      })
      res.send(183, { body: sdp(), headers: reliable }, null, async () => {
        await run.pause(500)
        await srf.createUAS(req, res, { localSdp: sdp() })
        run.note('up')
      })
    }),
  )
  const caller = run.caller('early-update')
  const headers = { Supported: '100rel', Allow: 'UPDATE' }
  alice.send(request('INVITE', run.uri, { ...caller, headers, body: sdp() }))
  const early = await alice.status(183)
  const parts = { ...caller, contact: undefined }
  alice.send(prack(early, parts, 2))
  await run.pause(150)
  const update = { ...caller, to: early.get('to') ?? '', cseq: 3, body: sdp(40_000, 'sendrecv', 2) }
  alice.send(request('UPDATE', contactUri(early), update))
  await alice.next((m) => m.status === 200 && m.cseqMethod === 'UPDATE')
  await ackAndBye(run, alice, parts, 4)
})

const queued = 'v0.9.10 answers a queued response with the first one and spoils its reason phrase'

scenario(
  'c3-200-before-prack',
  {
    slot: 104,
    outcome: ['183 null', 'PRACK', 'up', 'destroyed'],
    realOutcome: ['183 null', 'up', 'PRACK', 'destroyed'],
    differs: [
      { what: /srv > APP1: response.*(\(INVITE\)|‹id›\|$)/, because: queued, sometimes: true },
      { what: /srv > p0: SIP\/2\.0 200 .*\(INVITE\)/, because: queued, sometimes: true },
      { what: /srv > APP1: sip\|.*\+ (ACK|PRACK|BYE)/, because: queued, sometimes: true },
      { what: /SIP\/2\.0 (200|501) .*\(PRACK\)/, because: queued, sometimes: true },
    ],
  },
  async (run) => {
    const alice = await run.udp(0)
    await run.appThenMark((srf) =>
      srf.invite((req, res) => {
        const early = { body: sdp(), headers: reliable }
        const answer = (error: unknown): void => {
          run.note(`183 ${error}`)
          srf.createUAS(req, res, { localSdp: sdp() }, (_error, dialog) => {
            run.note(dialog ? 'up' : 'failed')
            dialog?.on('destroy', () => run.note('destroyed'))
          })
        }
        res.send(183, early, answer, () => run.note('PRACK'))
      }),
    )
    const parts = invite(run, alice, 'early200')
    const early = await alice.status(183)
    await run.pause(700)
    alice.send(prack(early, parts, 2))
    await ackAndBye(run, alice, parts, 3)
  },
)

scenario(
  'c4-two-reliable-provisionals',
  {
    slot: 105,
    outcome: ['183', 'PRACK 1', '180', 'PRACK 2', 'up'],
    realOutcome: ['183', '183', 'PRACK 2', 'up'],
    differs: [
      { what: /srv > APP1: response.*(183 Session|180 Ringing)/, because: queued },
      { what: /srv > p0: SIP\/2\.0 180/, because: queued },
    ],
  },
  async (run) => {
    const alice = await run.udp(0)
    await run.appThenMark((srf) =>
      srf.invite(async (req, res) => {
        const early = { body: sdp(), headers: reliable }
        const sent = (_error: unknown, message: { status: number }): void =>
          run.note(`${message.status}`)
        res.send(183, early, sent, () => run.note('PRACK 1'))
        res.send(180, { headers: reliable }, sent, () => run.note('PRACK 2'))
        await run.pause(800)
        await srf.createUAS(req, res, { localSdp: sdp() })
        run.note('up')
      }),
    )
    let cseq = 2
    const acknowledged = new Set<string>()
    const parts = invite(run, alice, 'two-rel')
    alice.onMessage = (message) => {
      const rseq = message.get('rseq')
      if (rseq === undefined || acknowledged.has(rseq)) return
      acknowledged.add(rseq)
      const text = prack(message, parts, cseq++)
      setTimeout(() => alice.send(text), 150)
    }
    await ackAndBye(run, alice, parts, 20)
  },
)
