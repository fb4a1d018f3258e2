/** Lost and repeated messages towards the application, and applications that never answer. */
import { expect } from 'vitest'
import { scenario } from '../support/drachtio/scenario.ts'
import { contactUri, type PeerMessage, reply, request, sdp } from '../support/drachtio/sip-text.ts'

const isStatus =
  (status: number, method: string) =>
  (message: PeerMessage): boolean =>
    message.status === status && message.cseqMethod === method

scenario(
  '80-retrans-invite-before-app',
  {
    slot: 83,
    outcome: ['INVITE'],
    differs: [
      {
        what: /^(missing|extra) srv > APP1: sip\|.*\+ ACK/,
        because: 'v0.9.10 passes a repeated ACK on to the application; ours keeps it back',
      },
      {
        what: /^repeats srv > p0/,
        because: 'a repeated INVITE after the ACK is absorbed (RFC 6026), not answered again',
        sometimes: true,
      },
    ],
  },
  async (run) => {
    const alice = await run.udp(0)
    await run.appThenMark((srf) =>
      srf.invite(async (req, res) => {
        run.note('INVITE')
        await run.pause(600)
        res.send(180)
        await run.pause(600)
        await srf.createUAS(req, res, { localSdp: sdp() })
      }),
    )
    const caller = run.caller('retrans-invite')
    const invite = request('INVITE', run.uri, { ...caller, branch: 'z9hG4bKinv', body: sdp() })
    alice.send(invite)
    await run.pause(300)
    expect(alice.arrivals.all.map((m) => m.status)).toEqual([100])
    alice.send(invite)
    await alice.status(180)
    await run.pause(100)
    alice.send(invite)
    const ok = await alice.status(200)
    alice.send(invite)
    await run.pause(100)
    const inDialog = { ...caller, to: ok.get('to') ?? '', contact: undefined }
    const target = contactUri(ok)
    alice.send(request('ACK', target, inDialog))
    await run.pause(150)
    alice.send(invite)
    await run.pause(150)
    alice.send(request('ACK', target, inDialog))
    await run.pause(150)
    const bye = request('BYE', target, { ...inDialog, branch: 'z9hG4bKbye', cseq: 2 })
    alice.send(bye)
    await alice.next(isStatus(200, 'BYE'))
    alice.send(bye)
    await alice.next(isStatus(200, 'BYE'))
    alice.send(request('BYE', target, { ...inDialog, cseq: 3 }))
    await alice.next(isStatus(481, 'BYE'))
  },
)

scenario(
  '81-lost-ack-200',
  { slot: 84, needs: { speed: 10 }, outcome: ['up', 'BYE: ACK timeout'] },
  async (run) => {
    const alice = await run.udp(0)
    alice.onMessage = (message) => {
      if (message.method === 'BYE') alice.send(reply(message, 200, 'OK'))
    }
    await run.appThenMark((srf) =>
      srf.invite(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { localSdp: sdp() })
        run.note('up')
        dialog.on('destroy', (message, reason) => run.note(`${message.method}: ${reason}`))
      }),
    )
    alice.send(request('INVITE', run.uri, { ...run.caller('lost-ack'), body: sdp() }))
    await alice.next((message) => message.method === 'BYE', 40_000)
    const oks = alice.arrivals.all.filter(isStatus(200, 'INVITE'))
    expect(oks.length).toBeGreaterThanOrEqual(10)
  },
)

scenario('82-lost-ack-486', { slot: 85, needs: { speed: 10 } }, async (run) => {
  const alice = await run.udp(0)
  await run.appThenMark((srf) => srf.invite((_req, res) => res.send(486)))
  alice.send(request('INVITE', run.uri, { ...run.caller('lost-ack-486'), body: sdp() }))
  await run.pause(34_000)
})

const noPrack = 'v0.9.10 dies of a missing PRACK; RFC 3262 section 3 wants the INVITE rejected'

scenario(
  '83-lost-prack',
  {
    slot: 86,
    needs: { speed: 10 },
    outcome: ['183', 'cancelled'],
    differs: [
      { what: /^extra srv > p0: SIP\/2\.0 5\d\d/, because: noPrack },
      { what: /^extra srv > APP1: sip\|.*CANCEL/, because: noPrack },
      {
        what: /^(extra|missing) (APP1 > srv|p0 > srv|srv > APP1: response)/,
        because: noPrack,
        sometimes: true,
      },
      { what: /^missing srv > APP1: \[closed\]/, because: noPrack },
    ],
  },
  async (run) => {
    const alice = await run.udp(0)
    await run.appThenMark((srf) =>
      srf.invite((req, res) => {
        req.on('cancel', () => run.note('cancelled'))
        const reliable = { body: sdp(), headers: { Require: '100rel' } }
        res.send(
          183,
          reliable,
          () => run.note('183'),
          () => run.note('PRACK'),
        )
      }),
    )
    const headers = { Supported: '100rel' }
    const caller = run.caller('lost-prack')
    alice.send(request('INVITE', run.uri, { ...caller, headers, body: sdp() }))
    const final = await alice.next((message) => (message.status ?? 0) >= 500, 40_000)
    alice.send(
      request('ACK', run.uri, { ...caller, to: final.get('to') ?? '', contact: undefined }),
    )
    await run.pause(500)
  },
)

scenario('84-retrans-non-invite', { slot: 87, outcome: ['OPTIONS', 'MESSAGE'] }, async (run) => {
  const alice = await run.udp(0)
  await run.appThenMark((srf) => {
    srf.options(async (_req, res) => {
      run.note('OPTIONS')
      await run.pause(400)
      res.send(200)
    })
    srf.message(() => run.note('MESSAGE'))
  })
  const caller = run.caller('retrans-options')
  const options = request('OPTIONS', run.uri, { ...caller, branch: 'z9hG4bKopt' })
  alice.send(options)
  await run.pause(200)
  alice.send(options)
  await alice.status(200)
  alice.send(options)
  await alice.status(200)
  const message = request('MESSAGE', run.uri, {
    ...run.caller('never-answered'),
    branch: 'z9hG4bKmsg',
    body: 'x',
    contentType: 'text/plain',
  })
  alice.send(message)
  await run.pause(300)
  alice.send(message)
  await run.pause(500)
})

scenario(
  '87-app-never-answers-invite',
  {
    slot: 88,
    needs: { speed: 20 },
    outcome: ['Response not sent due to unknown transaction'],
    differs: [
      {
        what: /srv > p0: SIP\/2\.0 (408|480|500|503|504)/,
        because: 'v0.9.10 leaves the caller without an answer',
        sometimes: true,
      },
      {
        what: /^extra srv > APP1: sip\|.*CANCEL/,
        because: 'the application learns that the call is over',
        sometimes: true,
      },
      {
        what: /^extra p0 > srv: ACK/,
        because: 'the caller acknowledges that answer',
        sometimes: true,
      },
    ],
  },
  async (run) => {
    const alice = await run.udp(0)
    let late: () => void = () => {}
    const answered = new Promise<void>((resolve) => {
      late = resolve
    })
    await run.appThenMark((srf) =>
      srf.invite(async (_req, res) => {
        await run.pause(70_000)
        res.send(200, { body: sdp() }, (error) => {
          run.note(`${error}`)
          late()
        })
      }),
    )
    const caller = run.caller('never')
    alice.onMessage = (message) => {
      if ((message.status ?? 0) < 300) return
      alice.send(
        request('ACK', run.uri, { ...caller, to: message.get('to') ?? '', contact: undefined }),
      )
    }
    alice.send(request('INVITE', run.uri, { ...caller, body: sdp() }))
    await answered
  },
)

scenario(
  '88-ringing-forever',
  { slot: 89, needs: { speed: 40 }, outcome: ['null'] },
  async (run) => {
    const alice = await run.udp(0)
    await run.appThenMark((srf) =>
      srf.invite(async (_req, res) => {
        res.send(180)
        await run.pause(200_000)
        res.send(200, { body: sdp() }, (error) => run.note(`${error}`))
      }),
    )
    const caller = run.caller('ringing')
    alice.send(request('INVITE', run.uri, { ...caller, body: sdp() }))
    const ok = await alice.status(200, 'ringing', 215_000)
    const parts = { ...caller, to: ok.get('to') ?? '', contact: undefined }
    alice.send(request('ACK', contactUri(ok), parts))
  },
)
