/** Calls that the application places to a sipp callee. */
import { expect } from 'vitest'
import { placeCall, placeCancellable } from '../support/drachtio/outbound.ts'
import type { Run } from '../support/drachtio/run.ts'
import { type Spec, scenario } from '../support/drachtio/scenario.ts'
import { reply, sdp } from '../support/drachtio/sip-text.ts'
import type { CallParts, Srf } from '../support/drachtio/srf.ts'

interface Outbound extends Spec {
  readonly callee: string
  readonly transport?: 'udp' | 'tcp'
  readonly redirectTo?: string
  readonly app: (srf: Srf, run: Run, uri: string) => Promise<void>
}

function outbound(name: string, { callee, transport = 'udp', app, ...spec }: Outbound): void {
  scenario(name, spec, async (run) => {
    const srf = await run.app()
    const extra = callee === 'uas_redirect' ? ['-key', 'redir_port', `${run.ports.peer(1)}`] : []
    const second = spec.redirectTo && (await run.sipp(spec.redirectTo, { peer: 1 }))
    const sipp = await run.sipp(callee, { peer: 0, transport, extra })
    run.mark()
    await app(srf, run, run.peerUri(0))
    expect(await sipp.done).toBe(0)
    if (second) expect(await second.done).toBe(0)
  })
}

/** Calls, lets the call stand for a moment and hangs up. */
const callAndHangUp =
  (parts: CallParts = {}) =>
  async (srf: Srf, run: Run, uri: string): Promise<void> => {
    const dialog = await placeCall(run, srf, uri, parts)
    await run.pause(200)
    await dialog?.destroy()
    run.note('destroyed')
  }

const toInBrackets = {
  what: /(no|added) "To: <sip:bob@p0(>;transport=tcp|;transport=tcp>)/,
  because: 'v0.9.10 leaves the URI parameters outside of the brackets',
}

const callOnly = async (srf: Srf, run: Run, uri: string): Promise<void> => {
  await placeCall(run, srf, uri)
}

outbound('30-outbound-answer-local-bye', {
  slot: 14,
  callee: 'uas_answer_waitbye',
  app: callAndHangUp({ headers: { 'X-Test': 'yes', 'User-Agent': 'app/1.0' } }),
  outcome: ['180 Ringing', 'up', 'destroyed'],
})

outbound('31-outbound-answer-remote-bye', {
  slot: 15,
  callee: 'uas_answer_bye',
  app: callOnly,
  outcome: ['up', 'BYE: normal release'],
})

outbound('32-outbound-tcp', {
  slot: 16,
  callee: 'uas_answer_waitbye',
  transport: 'tcp',
  differs: [
    toInBrackets,
    {
      what: /(no|added) "Contact: <sip:1001@srv/,
      because: 'v0.9.10 sends TCP callees a Contact that reads as UDP',
    },
  ],
  app: (srf, run, uri) => callAndHangUp()(srf, run, `${uri};transport=tcp`),
  outcome: ['180 Ringing', 'up', 'destroyed'],
})

outbound('33-outbound-183-early-media', {
  slot: 17,
  callee: 'uas_183_answer_waitbye',
  app: callAndHangUp(),
  outcome: ['183 Session Progress', 'up', 'destroyed'],
})

outbound('34-outbound-183-reliable-prack', {
  slot: 18,
  callee: 'uas_183rel_answer_waitbye',
  app: callAndHangUp({ headers: { Supported: '100rel' } }),
  outcome: ['183 Session Progress', 'up', 'destroyed'],
})

outbound('35-outbound-busy-486', {
  slot: 19,
  callee: 'uas_busy',
  app: callOnly,
  outcome: ['180 Ringing', 'Sip non-success response: 486'],
})

outbound('36-outbound-no-answer-local-cancel', {
  slot: 20,
  callee: 'uas_noanswer_cancel',
  async app(srf, run, uri) {
    const { invite, settled } = await placeCancellable(run, srf, uri)
    await run.pause(500)
    const headers = { Reason: 'SIP;cause=200;text="Call completed elsewhere"' }
    invite.cancel({ headers }, (error, sent) => run.note(`${error} ${sent.method}`))
    await settled
  },
  outcome: ['180 Ringing', 'null CANCEL', 'Sip non-success response: 487'],
})

const credentials = { auth: { username: 'alice', password: 'secret' } }

outbound('38-outbound-auth-401', {
  slot: 21,
  callee: 'uas_auth401',
  app: callAndHangUp(credentials),
  outcome: ['180 Ringing', 'up', 'destroyed'],
})

outbound('39-outbound-auth-407', {
  slot: 22,
  callee: 'uas_auth407',
  app: callAndHangUp(credentials),
  outcome: ['180 Ringing', 'up', 'destroyed'],
})

scenario(
  '40-outbound-401-no-credentials',
  { slot: 23, outcome: ['Sip non-success response: 401'] },
  async (run) => {
    const bob = await run.udp(0)
    const challenge = { headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' } }
    bob.onMessage = (message) => {
      if (message.method === 'INVITE') bob.send(reply(message, 401, 'Unauthorized', challenge))
    }
    await callOnly(await run.appThenMark(), run, run.peerUri(0))
  },
)

outbound('41-outbound-redirect-302', {
  slot: 24,
  callee: 'uas_redirect',
  redirectTo: 'uas_answer_waitbye',
  app: callAndHangUp({ followRedirects: true }),
  outcome: ['180 Ringing', 'up', 'destroyed'],
})

outbound('42-outbound-redirect-302-nofollow', {
  slot: 25,
  callee: 'uas_redirect',
  app: callOnly,
  outcome: ['Sip non-success response: 302'],
})

scenario(
  '43-outbound-no-peer-icmp',
  {
    slot: 26,
    needs: { speed: 10 },
    outcome: ['Sip non-success response: 408'],
    realOutcome: ['Sip non-success response: 503'],
    only: (lane) => !lane.startsWith('srv > p0'),
    differs: [
      {
        what: /srv > APP1: sip\|.*\+ SIP\/2\.0 (503|408)/,
        because: 'a UDP socket of Node.js is not told of unreachable ports, so timer B decides',
      },
    ],
    breaks: [{ what: /not as sent: .*INVITE/, because: 'nobody is there to record it' }],
  },
  async (run) => callOnly(await run.appThenMark(), run, run.peerUri(0)),
)

scenario(
  '46-outbound-tcp-refused',
  {
    slot: 27,
    outcome: ['Sip non-success response: 503'],
    only: (lane) => !lane.startsWith('srv > p0'),
    breaks: [{ what: /not as sent: .*INVITE/, because: 'the connection is refused' }],
  },
  async (run) => callOnly(await run.appThenMark(), run, `${run.peerUri(0)};transport=tcp`),
)

outbound('47-outbound-proxy-option', {
  slot: 28,
  callee: 'uas_answer_waitbye',
  app: (srf, run, uri) =>
    callAndHangUp({ proxy: uri.replace('bob@', '') })(srf, run, 'sip:bob@example.invalid'),
  outcome: ['180 Ringing', 'up', 'destroyed'],
})

outbound('48-outbound-3pcc-no-sdp', {
  slot: 29,
  callee: 'uas_answer_waitbye',
  async app(srf, run, uri) {
    const offer = await srf.createUAC(uri, { noAck: true, callingNumber: '1001' })
    run.note(offer.sdp.startsWith('v=0') ? 'offer' : 'no offer')
    await run.pause(200)
    const dialog = await offer.ack(sdp())
    await run.pause(200)
    await dialog.destroy()
    run.note('destroyed')
  },
  outcome: ['offer', 'destroyed'],
})
