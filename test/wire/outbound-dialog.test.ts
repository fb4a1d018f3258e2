/** Requests inside a call that the application placed. */
import { expect } from 'vitest'
import { acceptAll, placeCall } from '../support/drachtio/outbound.ts'
import { scenario } from '../support/drachtio/scenario.ts'
import { reply, sdp } from '../support/drachtio/sip-text.ts'
import type { MessageParts } from '../support/drachtio/srf.ts'

scenario(
  '50-outbound-indialog-from-peer',
  {
    slot: 65,
    differs: [
      {
        what: /(no|added) "Contact: <sip:(1001@)?srv>"/,
        because: 'v0.9.10 forgets the Contact that the application gave at the start of the dialog',
      },
    ],
    outcome: ['up', 'modify', 'info "Signal=9\\r\\nDuration=100\\r\\n"', 'BYE: normal release'],
  },
  async (run) => {
    const srf = await run.app()
    const callee = await run.sipp('uas_answer_then_indialog', { peer: 0 })
    run.mark()
    const dialog = await placeCall(run, srf, run.peerUri(0))
    dialog?.on('modify', (_req, res) => {
      run.note('modify')
      res.send(200, { body: sdp(30_000, 'recvonly', 2) })
    })
    dialog?.on('info', (req, res) => {
      run.note(`info ${JSON.stringify(req.body)}`)
      res.send(200)
    })
    expect(await callee.done).toBe(0)
  },
)

scenario(
  '51-outbound-app-indialog',
  { slot: 66, outcome: ['up', 'hold', 'INFO 200', 'destroyed'] },
  async (run) => {
    const srf = await run.app()
    const callee = await run.sipp('uas_answer_serves_indialog', { peer: 0 })
    run.mark()
    const dialog = await placeCall(run, srf, run.peerUri(0))
    await run.pause(150)
    await dialog?.modify('hold')
    run.note('hold')
    await run.pause(150)
    const headers = { 'Content-Type': 'application/dtmf-relay' }
    const body = 'Signal=7\r\nDuration=160\r\n'
    const final = await dialog?.request({ method: 'INFO', headers, body })
    run.note(`INFO ${final?.status}`)
    await run.pause(150)
    await dialog?.destroy()
    run.note('destroyed')
    expect(await callee.done).toBe(0)
  },
)

const localhost = {
  From: '"Al" <sip:1001@localhost>',
  To: '<sip:bob@localhost>',
  Contact: '<sip:1001@localhost;x=y>',
  'P-Asserted-Identity': '<sip:1001@localhost>',
  'P-Preferred-Identity': '<sip:1001@localhost>',
  'Remote-Party-Id': '<sip:1001@localhost>',
}

const headerCases: readonly MessageParts[] = [
  { method: 'OPTIONS' },
  { method: 'INVITE', body: sdp() },
  { method: 'INVITE', body: sdp(), headers: localhost },
  { method: 'OPTIONS', headers: { From: '<sip:localhost>;tag=apptag' } },
  {
    method: 'OPTIONS',
    headers: {
      'Call-ID': 'my-call-id',
      CSeq: '77 OPTIONS',
      'Max-Forwards': '5',
      Via: 'SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKfake',
      Route: '<sip:9.9.9.9;lr>',
      'Record-Route': '<sip:9.9.9.9;lr>',
    },
  },
  {
    method: 'OPTIONS',
    headers: {
      'custom-one': 'a',
      'x-lower-CASE': 'b',
      'X-UPPER-kept': 'c',
      'P-foo-bar': 'd',
      'accept-contact': '*;audio',
      Diversion: '<sip:a@b>',
    },
  },
  { method: 'OPTIONS', headers: { From: '1001', To: '2002' } },
  { method: 'OPTIONS', headers: { 'Refer-To': '<<<', 'Bad Name': 'x', Subject: 'ok' } },
  { method: 'OPTIONS', headers: { From: '<sip:+44 20@localhost>' } },
]

const badHeader = {
  what: /added "(Refer-To: <<<|Subject: ok)"/,
  because: 'v0.9.10 drops a header that it cannot parse together with all that follow',
}

const routeSentOn = {
  what: /added "Route: <sip:9\.9\.9\.9;lr>"/,
  because: 'a registered Path is of no use to an application that cannot set Route (RFC 3327 5.3)',
}
const ownHeaders = [badHeader, routeSentOn]

scenario('52-outbound-default-headers', { slot: 67, differs: ownHeaders }, async (run) => {
  const bob = await run.udp(0)
  bob.onMessage = (message) => {
    if (message.method === 'INVITE') bob.send(reply(message, 486, 'Busy Here'))
    else if (message.method !== 'ACK') bob.send(reply(message, 200, 'OK'))
  }
  const srf = await run.appThenMark()
  for (const parts of headerCases) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1500)
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      srf.request(run.peerUri(0), parts, (error, req) => {
        if (error) return done()
        req.on('response', (res, ack) => {
          if (parts.method === 'INVITE') ack()
          if (res.status >= 200) done()
        })
      })
    })
    await run.answered()
  }
})

const lostFinal =
  'v0.9.10 delivers only the first response to an in-dialog request and loses the final'

scenario(
  'b8-reinvite-with-provisional',
  {
    slot: 68,
    outcome: ['up', 'modified'],
    differs: [
      { what: /^extra .*(ACK sip:bob|\+ SIP\/2\.0 200 OK \(INVITE\))/, because: lostFinal },
    ],
  },
  async (run) => {
    const bob = await run.udp(0)
    let invites = 0
    acceptAll(run, bob)
    const accept = bob.onMessage
    bob.onMessage = (message) => {
      if (message.method !== 'INVITE' || ++invites !== 2) return accept(message)
      const headers = { Contact: `<${run.peerUri(0)}>` }
      bob.send(reply(message, 180, 'Ringing', { headers }))
      setTimeout(() => accept(message), 200)
    }
    const srf = await run.appThenMark()
    const dialog = await placeCall(run, srf, run.peerUri(0), { callingNumber: '' })
    await run.pause(100)
    await dialog?.modify(sdp(30_000, 'sendrecv', 2))
    run.note('modified')
    await dialog?.destroy()
    const acks = bob.arrivals.all.filter((message) => message.method === 'ACK')
    expect(acks.map((ack) => ack.cseq)).toEqual(
      bob.arrivals.all.filter((m) => m.method === 'INVITE').map((m) => m.cseq),
    )
  },
)

const fork =
  'v0.9.10 answers the 200 of the other fork with the ACK of the first; ours ends that call'

scenario(
  'b9-forked-200',
  {
    slot: 69,
    outcome: ['180 Ringing', '180 Ringing', 'up', 'fork1'],
    differs: [
      { what: /srv > p0: (ACK|BYE)/, because: fork },
      { what: /p0 > srv: SIP\/2\.0 200 OK \(BYE\)/, because: fork },
    ],
  },
  async (run) => {
    const bob = await run.udp(0)
    acceptAll(run, bob)
    const accept = bob.onMessage
    bob.onMessage = (message) => {
      if (message.method !== 'INVITE') return accept(message)
      for (const [index, tag] of ['fork1', 'fork2'].entries()) {
        const headers = { Contact: `<sip:f${index + 1}@127.0.0.1:${run.ports.peer(0)}>` }
        bob.send(reply(message, 180, 'Ringing', { tag, headers }))
        const body = sdp(41_000 + 1000 * index)
        const ok = reply(message, 200, 'OK', { tag, headers, body })
        setTimeout(() => bob.send(ok), 200 + 200 * index)
      }
    }
    const srf = await run.appThenMark()
    const dialog = await placeCall(run, srf, run.peerUri(0), { callingNumber: '' })
    run.note(dialog?.sip.remoteTag ?? '')
    await run.pause(600)
    await dialog?.destroy()
    const to = (method: string): (string | undefined)[] =>
      bob.arrivals.all
        .filter((m) => m.method === method)
        .map((m) => /tag=(.*)$/.exec(m.get('to') ?? '')?.[1])
    expect(new Set(to('ACK'))).toEqual(new Set(['fork1', 'fork2']))
    expect(to('BYE')).toEqual(['fork2', 'fork1'])
  },
)

scenario(
  'c0-call-id-of-existing-dialog',
  { slot: 70, outcome: ['up', 'null INFO'] },
  async (run) => {
    const bob = await run.udp(0)
    acceptAll(run, bob)
    const srf = await run.appThenMark()
    const dialog = await placeCall(run, srf, run.peerUri(0))
    await run.pause(100)
    const headers = { 'Call-ID': dialog?.sip.callId }
    await new Promise<void>((resolve) => {
      srf.request(run.peerUri(0, 'other'), { method: 'INFO', headers }, (error, req) => {
        run.note(`${error} ${req.method}`)
        resolve()
      })
    })
    await run.pause(150)
    await dialog?.destroy()
  },
)

scenario('c8-indialog-digest', { slot: 71, outcome: ['up', 'destroyed'] }, async (run) => {
  const bob = await run.udp(0)
  acceptAll(run, bob)
  const accept = bob.onMessage
  let byes = 0
  bob.onMessage = (message) => {
    if (message.method !== 'BYE' || ++byes > 1) return accept(message)
    const headers = { 'WWW-Authenticate': 'Digest realm="r", nonce="n1", qop="auth"' }
    bob.send(reply(message, 401, 'Unauthorized', { headers }))
  }
  const srf = await run.appThenMark()
  const auth = { username: 'u', password: 'p' }
  const dialog = await placeCall(run, srf, run.peerUri(0), { auth, callingNumber: '' })
  await run.pause(100)
  await dialog?.destroy()
  run.note('destroyed')
  expect(byes).toBe(2)
})

scenario('d3-uac-nat-rule', { slot: 72 }, async (run) => {
  const elsewhere = await run.udp(2)
  elsewhere.onMessage = (message) => {
    if (message.method && message.method !== 'ACK') elsewhere.send(reply(message, 200, 'OK'))
  }
  const bob = await run.udp(0)
  acceptAll(run, bob)
  const accept = bob.onMessage
  let contact = ''
  bob.onMessage = (message) => {
    if (message.method !== 'INVITE') return accept(message)
    const headers = { Contact: contact }
    bob.send(reply(message, 200, 'OK', { headers, body: sdp(41_000) }))
  }
  const srf = await run.appThenMark()
  for (contact of ['<sip:bob@10.9.9.9:5060>', `<${run.peerUri(2)}>`]) {
    const dialog = await srf.createUAC(run.peerUri(0), { localSdp: sdp() })
    await run.pause(100)
    await dialog.destroy()
    await run.pause(50)
  }
})
