/** The control connection itself: authentication, framing, routes, faults. */
import { expect, test } from 'vitest'
import { portPlan } from '../support/drachtio/ports.ts'
import type { RawControl } from '../support/drachtio/raw-control.ts'
import type { Run } from '../support/drachtio/run.ts'
import { scenario } from '../support/drachtio/scenario.ts'
import { serverCommand, startCommand } from '../support/drachtio/server-under-test.ts'
import { reply, request, sdp } from '../support/drachtio/sip-text.ts'
import { sleep } from '../support/drachtio/sockets.ts'
import { Srf } from '../support/drachtio/srf.ts'

scenario('01-connect-auth-ok', { slot: 73 }, async (run) => {
  const srf = await run.app(
    (fresh) => {
      fresh.invite((_req, res) => res.send(486))
      fresh.options((_req, res) => res.send(200))
    },
    { tags: ['tag-one', 'tag-two'], connect: { enablePing: true, pingInterval: 5000 } },
  )
  srf.message((_req, res) => res.send(200))
  await sleep(5300)
  srf.unregisterForMessages('options')
  await run.answered()
})

scenario(
  '02-connect-auth-bad',
  {
    slot: 74,
    only: (lane) => /APP[12]\b/.test(lane),
    outcome: ['failed to authenticate to server', 'failed to authenticate to server'],
  },
  async (run) => {
    const srf = new Srf()
    srf.on('error', () => {})
    srf.on('connect', (error) => {
      if (run.outcome.length < 2) run.note(`${error?.message}`)
    })
    const reconnect = { maxAttempts: 2 }
    srf.connect({ host: '127.0.0.1', port: run.controlPort, secret: 'wrong', reconnect })
    while (run.outcome.length < 2) await sleep(20)
    await sleep(100)
  },
)

interface RawCase {
  readonly title: string
  readonly send: (control: RawControl, run: Run) => void | Promise<void>
  readonly anonymous?: boolean
}

const sip = (start: string, rest = ''): string => `\r\n${start}\r\n${rest}\r\n`
const unknownDialog = 'nosuch;from-tag=x'

const rawCases: readonly RawCase[] = [
  { title: 'ping before authenticate', anonymous: true, send: (c) => c.send('m1|ping') },
  { title: 'route before authenticate', anonymous: true, send: (c) => c.send('m1|route|options') },
  {
    title: 'SIP request before authenticate',
    anonymous: true,
    send: (c, run) => c.send(`m1|sip||${sip(`OPTIONS ${run.peerUri(0, 'x')} SIP/2.0`)}`),
  },
  {
    title: 'authenticate without tags',
    anonymous: true,
    send: (c, run) => c.send(`m1|authenticate|${run.server.secret}`),
  },
  { title: 'unknown command', send: (c) => c.send('m2|bogus|x') },
  { title: 'a single field', send: (c) => c.send('justonetoken') },
  { title: 'route of an unknown verb', send: (c) => c.send('m2|route|frobnicate') },
  {
    title: 'the same route twice',
    send: (c) => {
      c.send('m2|route|info')
      c.send('m3|route|info')
    },
  },
  { title: 'remove_route of nothing', send: (c) => c.send('m2|remove_route|info') },
  { title: 'length that is no number', send: (c) => c.write('abc#hello') },
  {
    title: 'five digits of length, byte by byte',
    send: async (c) => {
      for (const byte of '00007#m2|ping') {
        c.write(byte)
        await sleep(3)
      }
    },
  },
  { title: 'six digits of length', send: (c) => c.write('000007#m2|ping') },
  { title: 'two frames in one segment', send: (c) => c.write('7#m2|ping7#m3|ping') },
  {
    title: 'a frame in two segments',
    send: async (c) => {
      c.write('7#m2|')
      await sleep(30)
      c.write('ping')
    },
  },
  {
    title: 'response without transaction',
    send: (c) => c.send(`m2|sip||${sip('SIP/2.0 200 OK')}`),
  },
  {
    title: 'response in an unknown transaction',
    send: (c) => c.send(`m2|sip|nosuch|${sip('SIP/2.0 200 OK', 'CSeq: 1 INVITE\r\n')}`),
  },
  {
    title: 'BYE in an unknown dialog',
    send: (c) => c.send(`m2|sip||${unknownDialog}${sip('BYE sip:placeholder SIP/2.0')}`),
  },
  {
    title: 'ACK in an unknown dialog',
    send: (c) => c.send(`m2|sip||${unknownDialog}${sip('ACK sip:placeholder SIP/2.0')}`),
  },
  {
    title: 'CANCEL of an unknown transaction',
    send: (c) => c.send(`m2|sip|nosuch|${sip('CANCEL sip:x@127.0.0.1 SIP/2.0')}`),
  },
  {
    title: 'unusable request-URI',
    send: (c) => c.send(`m2|sip||${sip('OPTIONS foo bar SIP/2.0')}`),
  },
  {
    title: 'unknown method',
    send: (c, run) => c.send(`m2|sip||${sip(`FROB ${run.peerUri(0, 'x')} SIP/2.0`)}`),
  },
  {
    title: 'request to the server itself',
    send: (c, run) =>
      c.send(`m2|sip||${sip(`OPTIONS sip:x@127.0.0.1:${run.server.sipPort} SIP/2.0`)}`),
  },
  {
    title: 'body of no known type',
    send: (c, run) => c.send(`m2|sip||${sip(`MESSAGE ${run.peerUri(0, 'x')} SIP/2.0`)}hello`),
  },
  {
    title: 'transport that is not served',
    send: (c, run) =>
      c.send(`m2|sip||${sip(`OPTIONS ${run.peerUri(0, 'x')};transport=ws SIP/2.0`)}`),
  },
  {
    title: 'proxy of an unknown transaction',
    send: (c, run) =>
      c.send(
        `m2|proxy|nosuch|||||||sip:127.0.0.1:${run.ports.peer(0)}${sip('INVITE sip:x SIP/2.0')}`,
      ),
  },
]

const unauthenticated = 'v0.9.10 obeys connections that did not authenticate'

scenario(
  '03-control-raw',
  {
    slot: 75,
    only: (_lane, head) => !/^(auth\||response\|auth\|)/.test(head),
    differs: [
      {
        what: /^(missing|extra) srv > APP[123]: (response|sip|\[closed\])/,
        because: unauthenticated,
      },
      {
        what: /^missing srv > port|^missing srv > p0: OPTIONS/,
        because: unauthenticated,
        sometimes: true,
      },
      {
        what: /^(missing|extra) srv > APP12: /,
        because: 'frames may be longer than 99,999 bytes, so a length may have six digits',
      },
    ],
  },
  async (run) => {
    for (const { send, anonymous } of rawCases) {
      const control = await run.raw()
      if (!anonymous) await control.authenticate(run.server.secret)
      await send(control, run)
      await sleep(60)
      await run.answered(300)
      control.close()
    }
  },
)

test.concurrent('04-reconnect', async () => {
  const ports = portPlan(76)
  const seen: string[] = []
  const first = await startCommand(serverCommand, ports, {})
  const srf = new Srf()
  srf.invite((_req, res) => res.send(486))
  srf.on('error', () => seen.push('refused'))
  srf.on('close', () => seen.push('close'))
  const connected = (): Promise<void> =>
    new Promise((resolve) => {
      srf.on('connect', (error, hostPort) => {
        seen.push(`${error} ${hostPort.includes(`udp/127.0.0.1:${ports.sip}`)}`)
        resolve()
      })
    })
  const up = connected()
  srf.connect({ host: '127.0.0.1', port: ports.control, secret: first.secret })
  await up
  const again = connected()
  await first.stop()
  await sleep(400)
  const second = await startCommand(serverCommand, ports, {})
  try {
    await again
    expect(seen[0]).toBe('null true')
    expect(seen).toContain('close')
    expect(seen).toContain('refused')
    expect(seen.at(-1)).toBe('null true')
  } finally {
    srf.disconnect()
    await second.stop()
  }
})

/** A MESSAGE frame of exactly that many bytes. */
function sizedFrame(run: Run, id: string, bytes: number): string {
  const head = `${id}|sip||${sip(
    `MESSAGE ${run.peerUri(0, 'x')};transport=tcp SIP/2.0`,
    `Content-Type: text/plain\r\nCall-ID: ${id}\r\n`,
  )}`
  return head + 'y'.repeat(bytes - Buffer.byteLength(head))
}

scenario(
  'b1-large-and-utf8-frames',
  {
    slot: 77,
    outcome: ['15', '1400', '5000'],
    // The rest of the recording is the real server's 12 KB limit, which we do not have.
    only: (lane, head) =>
      /APP1\b/.test(lane) && /\[body (2[0-9]|1400|5000)\]|\(MESSAGE\)$/.test(head),
    differs: [
      {
        what: /^(extra|missing).*\[body (1400|5000)\]/,
        because: 'the recording leaves long messages out',
        sometimes: true,
      },
      {
        what: /^extra .*\(MESSAGE\)$/,
        because: 'the recording leaves the answers to long messages out',
        sometimes: true,
      },
    ],
  },
  async (run) => {
    const alice = await run.udp(0)
    await run.appThenMark((srf) =>
      srf.message((req, res) => {
        run.note(`${req.body.length}`)
        res.send(200, { headers: { 'X-Utf8': 'zażółć' } })
      }),
    )
    const message = async (callId: string, body: string): Promise<void> => {
      const contentType = 'text/plain;charset=utf-8'
      alice.send(request('MESSAGE', run.uri, { ...run.caller(callId), body, contentType }))
      const ok = await alice.status(200, callId)
      expect(ok.get('x-utf8')).toBe('zażółć')
    }
    await message('utf8', 'zażółć gęślą 😀')
    for (const bytes of [1400, 5000]) await message(`big-${bytes}`, 'x'.repeat(bytes))
  },
)

scenario(
  'large frames from the application',
  {
    slot: 78,
    unrecorded: 'v0.9.10 hangs from 12,229 bytes on',
    breaks: [{ what: /not as sent/, because: 'nobody listens where these go to' }],
  },
  async (run) => {
    // Loopback UDP cannot carry all of these; that the frame is answered is what counts.
    const control = await run.raw()
    await control.authenticate(run.server.secret)
    for (const bytes of [12_228, 12_229, 13_000, 60_000, 99_999]) {
      control.send(sizedFrame(run, `f${bytes}`, bytes))
      expect(await control.answer(`f${bytes}`), `${bytes}`).toContain('|response|')
      control.send(`after${bytes}|ping`)
      expect(await control.answer(`after${bytes}`)).toMatch(/\|OK\|pong$/)
    }
    const burst = Array.from({ length: 40 }, (_, index) => sizedFrame(run, `b${index}`, 6000))
    control.write(burst.map((payload) => `${Buffer.byteLength(payload)}#${payload}`).join(''))
    for (let index = 0; index < 40; index++)
      expect(await control.answer(`b${index}`), `b${index}`).toContain('|response|')
  },
)

scenario(
  'b7-remove-route-scope',
  {
    slot: 79,
    outcome: ['200', '200', '200'],
    differs: [
      { what: /MESSAGE|\(MESSAGE\)/, because: 'v0.9.10 removes every route of the connection' },
    ],
  },
  async (run) => {
    const peer = await run.udp(0)
    const srf = await run.appThenMark((fresh) => {
      fresh.options((_req, res) => res.send(200))
      fresh.message((_req, res) => res.send(200))
    })
    const message = async (callId: string): Promise<void> => {
      const parts = { ...run.caller(callId, 0, 'u'), body: 'x', contentType: 'text/plain' }
      peer.send(request('MESSAGE', run.uri, parts))
      const final = await peer.next((m) => m.status !== undefined && m.get('call-id') === callId)
      run.note(`${final.status}`)
    }
    await message('m1')
    srf.unregisterForMessages('options')
    await run.answered()
    await message('m2')
    srf.reregisterForMessages('options')
    await sleep(20)
    await run.answered()
    await message('m3')
  },
)

const hostile = [
  'm1|sip|x\r\nOPTIONS sip:x@127.0.0.1:9 SIP/2.0\r\n\r\n',
  'm1|sip|tx1|\r\nBYE sip:x@127.0.0.1:9 SIP/2.0\r\n\r\n',
  'm1|route',
  'm1|authenticate',
  'm1|sip||',
  'm1|proxy|x|y',
  '',
  '|||||',
  'm1|sip||\r\n',
  'm1|proxy|x|||||||\r\n\r\n',
  '\r\n\r\n\r\n',
]

scenario(
  'c7-hostile-control-frames',
  {
    slot: 80,
    unrecorded: 'most of these kill v0.9.10',
    breaks: [{ what: /not as sent/, because: 'nobody listens on port 9' }],
  },
  async (run) => {
    for (const authenticated of [false, true]) {
      for (const payload of hostile) {
        const control = await run.raw()
        if (authenticated) await control.authenticate(run.server.secret)
        control.send(payload)
        for (let waited = 0; waited < 500 && !(authenticated || control.closed); waited += 10)
          await sleep(10)
        // Without authentication nothing but that is served, and the connection goes.
        if (!authenticated) expect(control.closed, JSON.stringify(payload)).toBe(true)
        control.close()
      }
    }
    const control = await run.raw()
    await control.authenticate(run.server.secret)
    control.send('still|ping')
    expect(await control.answer('still')).toMatch(/\|OK\|pong$/)
  },
)

scenario(
  'b5-fast-response-race',
  { slot: 81, outcome: ['20 of 20'], unrecorded: 'shows a pitfall of the library, shortened' },
  async (run) => {
    const bob = await run.udp(0)
    bob.onMessage = (message) => bob.send(reply(message, 200, 'OK'))
    const srf = await run.appThenMark()
    let seen = 0
    for (let count = 0; count < 20; count++) {
      await new Promise<void>((resolve, reject) => {
        srf.request(run.peerUri(0), { method: 'OPTIONS' }, (error, req) => {
          if (error) return reject(error)
          req.on('response', () => {
            seen++
            resolve()
          })
        })
      })
    }
    run.note(`${seen} of 20`)
  },
)

scenario(
  'b6-client-shortcuts',
  {
    slot: 82,
    only: (lane) => lane.includes('APP1'),
    outcome: [
      'INFO 200',
      'unable to cancel unknown transaction id',
      'BYE',
      'Server error: unable to find dialog for dialog id provided',
      'Server error: unable to find dialog for dialog id provided',
    ],
  },
  async (run) => {
    const bob = await run.udp(0)
    bob.onMessage = (message) => {
      if (message.method === 'ACK') return
      const headers = { Contact: `<${run.peerUri(0)}>` }
      const body = message.method === 'INVITE' ? sdp() : ''
      bob.send(reply(message, 200, 'OK', { headers, body }))
    }
    const srf = await run.appThenMark()
    let cancel: () => void = () => {}
    const cancelled = new Promise<void>((resolve) => {
      cancel = resolve
    })
    const noteError = (error: Error | null): void =>
      run.note(error?.message.replace(/ id: .*/, ' id') ?? 'no error')
    let withdraw: () => void = () => {}
    const dialog = await srf.createUAC(
      run.peerUri(0),
      { localSdp: sdp() },
      {
        cbRequest: (_error, req) => {
          withdraw = () =>
            req.cancel((error) => {
              noteError(error)
              cancel()
            })
        },
      },
    )
    run.note(`INFO ${(await dialog.request({ method: 'INFO' })).status}`)
    withdraw()
    await cancelled
    run.note((await dialog.destroy()).method)
    await dialog.destroy().catch(noteError)
    await dialog.request({ method: 'INFO' }).catch(noteError)
  },
)
