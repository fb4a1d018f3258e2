/** Failover between the places of one name (RFC 3263 section 4.3), by real DNS packets and real sockets. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { SipMessage, SipServer, SipServerOptions } from '../../../engine/sip-server/index.ts'
import { responseText } from '../../../engine/sip-server/index.ts'
import { probe } from '../../../engine/sip-server/transport/probe.ts'
import { freePort } from '../../support/free-port.ts'
import { type DnsRecord, MockDns } from '../../support/mock-dns.ts'
import { RawApp, RawPeer, startLab, until } from './lab.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const services = '_sip._udp.trunk.test'
const srv = (priority: number, port: number, name = services): DnsRecord => ({
  name,
  srv: [priority, 1, port, 'here.test'],
})
const here: DnsRecord = { name: 'here.test', address: '127.0.0.1' }

/** Long enough for a reply on loopback, short enough to wait for. */
const quick = { nextPlaceMs: 300, t1Ms: 100 }

interface Lab {
  readonly server: SipServer
  readonly dns: MockDns
  readonly app: RawApp
  newPeer(): Promise<RawPeer>
}

const lab = async (more: Partial<SipServerOptions> = {}): Promise<Lab> => {
  const dns = await MockDns.open([here])
  closers.push(() => dns.close())
  const server = await startLab({ nameServers: [dns.server], timers: quick, ...more })
  closers.push(() => server.close())
  const app = await RawApp.open(server)
  closers.push(() => app.close())
  const newPeer = async (): Promise<RawPeer> => {
    const peer = await RawPeer.open(server)
    closers.push(() => peer.close())
    return peer
  }
  return { server, dns, app, newPeer }
}

/** Two peers of one name, the first of which is to be tried first. */
const pair = async (more: Partial<SipServerOptions> = {}) => {
  const all = await lab(more)
  const [first, second] = [await all.newPeer(), await all.newPeer()]
  all.dns.records = [here, srv(1, first.port), srv(2, second.port)]
  return { ...all, first, second }
}

const isRequest = (method: string) => (message: SipMessage) =>
  message.isRequest && message.method === method

const ask = (app: RawApp, method: string, uri = 'sip:bob@trunk.test;transport=udp'): void => {
  app.send(`ask|sip||\r\n${method} ${uri} SIP/2.0\r\n\r\n`)
}
const isStatus = (status: number) => (frame: string) =>
  frame.startsWith('sip|network') && frame.includes(`\r\nSIP/2.0 ${status} `)
const answers = (app: RawApp): string[] =>
  app.frames.filter((frame) => /\r\nSIP\/2\.0 [2-6]/.test(frame))
const reply = (peer: RawPeer, request: SipMessage, status: number, fields: string[] = []): void => {
  const text = responseText(request, { status, toTag: `tag-${peer.port}` })
  const contact = `Contact: <sip:bob@127.0.0.1:${peer.port}>`
  peer.send(
    text.replace(
      '\r\nContent-Length',
      `\r\n${[contact, ...fields].join('\r\n')}\r\nContent-Length`,
    ),
  )
}
const repliesAll = (peer: RawPeer, method: string, status: number): void => {
  void (async () => {
    for (;;) reply(peer, await peer.next(isRequest(method)), status)
  })()
}
const transactionOf = async (app: RawApp): Promise<string> =>
  (await app.answer('ask')).split('\r\n', 1)[0]!.split('|')[9]!

describe('a first target that is not there', () => {
  test('silence: the next one is asked as a request of its own; the application sees one answer', async () => {
    const { app, first, second } = await pair()
    ask(app, 'INVITE')
    const before = await first.next(isRequest('INVITE'))
    const after = await second.next(isRequest('INVITE'))
    expect(after.via?.branch).not.toBe(before.via?.branch)
    for (const same of ['from', 'to', 'call-id', 'cseq', 'contact'] as const) {
      expect(after.header(same)).toBe(before.header(same))
    }
    reply(second, after, 486)
    expect(await app.next(isStatus(486))).toContain(after.via?.branch)
    expect(answers(app)).toEqual([])
    // remembered: the second is the first now
    second.received.length = 0
    first.received.length = 0
    ask(app, 'INVITE')
    const direct = await second.next(isRequest('INVITE'))
    reply(second, direct, 486)
    await app.next(isStatus(486))
    expect(first.received.some(isRequest('INVITE'))).toBe(false)
  })
  test('a closed UDP port is found out long before silence would be', async () => {
    const { app, dns, newPeer } = await lab({ timers: { t1Ms: 50, nextPlaceMs: 60_000 } })
    const port = await freePort()
    const second = await newPeer()
    dns.records = [here, srv(1, port), srv(2, second.port)]
    ask(app, 'OPTIONS')
    reply(second, await second.next(isRequest('OPTIONS')), 200)
    await app.next(isStatus(200))
  })
  test('a place that the system itself refuses to ask ends the question, and nothing else', async () => {
    const refused: string[] = []
    probe({ address: '255.255.255.255', port: 9 }, () => refused.push('refused'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(refused).toEqual([])
  })
  test('a refused TCP connection', async () => {
    const { app, server, dns } = await lab({ timers: { ...quick, nextPlaceMs: 60_000 } })
    const port = await freePort()
    const open = createServer((socket) => {
      closers.push(() => socket.destroy())
      socket.once('data', (bytes) => {
        const via = /Via: .*/i.exec(bytes.toString())?.[0]
        const rest = /From: .*\r\nTo: .*\r\nCall-ID: .*\r\nCSeq: .*/i.exec(bytes.toString())?.[0]
        socket.write(`SIP/2.0 200 OK\r\n${via}\r\n${rest}\r\nContent-Length: 0\r\n\r\n`)
      })
    }).listen(0, '127.0.0.1')
    await once(open, 'listening')
    closers.push(() => open.close())
    const tcp = '_sip._tcp.trunk.test'
    const good = (open.address() as { port: number }).port
    dns.records = [here, srv(1, port, tcp), srv(2, good, tcp)]
    ask(app, 'OPTIONS', 'sip:trunk.test;transport=tcp')
    await app.next(isStatus(200))
    expect(server.stats().transactions.client).toBeLessThanOrEqual(2)
  })
  test('nobody at all: one answer, after the last of them', async () => {
    const { app, first, second } = await pair({ timers: { t1Ms: 5, nextPlaceMs: 50 } })
    ask(app, 'OPTIONS')
    await app.next(isStatus(408))
    expect(first.received.length).toBeGreaterThan(0)
    expect(second.received.length).toBeGreaterThan(0)
    expect(answers(app)).toEqual([])
  })
  test('a name that is nowhere', async () => {
    const { app, dns } = await lab()
    dns.records = []
    ask(app, 'OPTIONS')
    await app.answer('ask')
    expect(await app.next(isStatus(503))).toContain('SIP/2.0 503 DNS Error')
  })
})

describe('what the first target answers', () => {
  test.each([
    [503, true],
    [500, false],
    [502, false],
    [504, false],
    [404, false],
    [408, false],
    [480, false],
    [486, false],
    [302, false],
    [600, false],
    [603, false],
  ])('%i: the next is asked: %s', async (status, isAsked) => {
    const { app, first, second } = await pair({ timers: { ...quick, nextPlaceMs: 60_000 } })
    ask(app, 'INVITE')
    reply(first, await first.next(isRequest('INVITE')), status)
    if (isAsked) reply(second, await second.next(isRequest('INVITE')), 200)
    await app.next(isStatus(isAsked ? 200 : status))
    await first.next(isRequest('ACK'))
    expect(answers(app)).toEqual([])
    expect(second.received.some(isRequest('INVITE'))).toBe(false)
  })
  test('who challenged is asked again, whatever chance says', async () => {
    const { app, dns, first, second } = await pair({ timers: { t1Ms: 2000, nextPlaceMs: 60_000 } })
    dns.records = [here, srv(1, first.port), srv(1, second.port)]
    const heard: string[] = []
    for (const [name, peer] of Object.entries({ first, second })) {
      void (async () => {
        for (;;) {
          const request = await peer.next(isRequest('OPTIONS'))
          heard.push(name)
          reply(peer, request, request.cseq?.number === 1 ? 401 : 200)
        }
      })()
    }
    for (let call = 0; call < 12; call++) {
      for (const [seq, status] of [
        [1, 401],
        [2, 200],
      ] as const) {
        const fields = [`Call-ID: challenged-${call}`, `CSeq: ${seq} OPTIONS`]
        const head = 'OPTIONS sip:trunk.test;transport=udp SIP/2.0'
        app.send(`${call}-${seq}|sip||\r\n${[head, ...fields].join('\r\n')}\r\n\r\n`)
        await app.next(isStatus(status))
      }
    }
    expect(heard.length).toBe(24)
    for (let n = 0; n < heard.length; n += 2) expect(heard[n + 1]).toBe(heard[n])
  })
  test('503 of both is told once', async () => {
    const { app, first, second } = await pair()
    repliesAll(first, 'OPTIONS', 503)
    repliesAll(second, 'OPTIONS', 503)
    ask(app, 'OPTIONS')
    await app.next(isStatus(503))
    expect(answers(app)).toEqual([])
  })
  test('503 after ringing is the answer', async () => {
    const { app, first, second } = await pair({ timers: { ...quick, nextPlaceMs: 60_000 } })
    ask(app, 'INVITE')
    const invite = await first.next(isRequest('INVITE'))
    reply(first, invite, 180)
    await app.next(isStatus(180))
    reply(first, invite, 503)
    await app.next(isStatus(503))
    expect(second.received).toEqual([])
  })
})

describe('an INVITE that has gone on to the second target', () => {
  const moved = async () => {
    const all = await pair()
    ask(all.app, 'INVITE')
    const before = await all.first.next(isRequest('INVITE'))
    const after = await all.second.next(isRequest('INVITE'))
    return { ...all, before, after, txnId: await transactionOf(all.app) }
  }
  test('is cancelled there, and there alone', async () => {
    const { app, first, second, after, txnId } = await moved()
    reply(second, after, 180)
    await app.next(isStatus(180))
    app.send(`cancel|sip|${txnId}|\r\nCANCEL sip:bob@trunk.test SIP/2.0\r\n\r\n`)
    const cancel = await second.next(isRequest('CANCEL'))
    expect(cancel.via?.branch).toBe(after.via?.branch)
    reply(second, cancel, 200)
    reply(second, after, 487)
    await app.next(isStatus(487))
    expect(first.received.some(isRequest('CANCEL'))).toBe(false)
  })
  test('is cancelled at the first, should that ring after the second', async () => {
    const { app, first, before, second, after } = await moved()
    reply(second, after, 180)
    await app.next(isStatus(180))
    reply(first, before, 180)
    const cancel = await first.next(isRequest('CANCEL'))
    expect(cancel.via?.branch).toBe(before.via?.branch)
    expect(app.frames.some(isStatus(180))).toBe(false)
  })
  test('is acknowledged and ended at the first, should that be answered after the second rang', async () => {
    const { app, first, before, second, after } = await moved()
    reply(second, after, 180)
    await app.next(isStatus(180))
    reply(first, before, 200)
    await first.next(isRequest('ACK'))
    reply(first, await first.next(isRequest('BYE')), 200)
    reply(second, after, 200)
    await app.next(isStatus(200))
    expect(answers(app)).toEqual([])
  })
  test('goes back to the first if that speaks before the second; then the second is cancelled', async () => {
    const { app, first, before, second, after, txnId } = await moved()
    reply(first, before, 180)
    await app.next(isStatus(180))
    reply(second, after, 180)
    const late = await second.next(isRequest('CANCEL'))
    expect(late.via?.branch).toBe(after.via?.branch)
    app.send(`cancel|sip|${txnId}|\r\nCANCEL sip:bob@trunk.test SIP/2.0\r\n\r\n`)
    const cancel = await first.next(isRequest('CANCEL'))
    expect(cancel.via?.branch).toBe(before.via?.branch)
    expect(app.frames.some(isStatus(180))).toBe(false)
  })
  test('is answered at the slow first: that is the call, and nobody is hung up on', async () => {
    const { app, first, before, second } = await moved()
    reply(first, before, 200)
    const dialogId = (await app.next(isStatus(200))).split('\r\n', 1)[0]!.split('|')[8]!
    app.send(`ack|sip||${dialogId}\r\nACK sip:x SIP/2.0\r\n\r\n`)
    await first.next(isRequest('ACK'))
    expect(first.received.some(isRequest('BYE'))).toBe(false)
    second.received.length = 0
    await new Promise((resolve) => setTimeout(resolve, 5 * quick.t1Ms))
    expect(second.received).toEqual([])
  })
  test('given up: the first does not get it back when it rings', async () => {
    const { app, first, before, txnId } = await moved()
    app.send(`cancel|sip|${txnId}|\r\nCANCEL sip:bob@trunk.test SIP/2.0\r\n\r\n`)
    await app.answer('cancel')
    reply(first, before, 180)
    const cancel = await first.next(isRequest('CANCEL'))
    expect(cancel.via?.branch).toBe(before.via?.branch)
    expect(app.frames.some(isStatus(180))).toBe(false)
  })
  test('given up before anybody spoke: nobody further is asked', async () => {
    // A busy machine takes its time for the CANCEL.
    const nextPlaceMs = 1_500
    const { app, first, second } = await pair({ timers: { ...quick, nextPlaceMs } })
    ask(app, 'INVITE')
    await first.next(isRequest('INVITE'))
    const txnId = await transactionOf(app)
    app.send(`cancel|sip|${txnId}|\r\nCANCEL sip:bob@trunk.test SIP/2.0\r\n\r\n`)
    await app.answer('cancel')
    await new Promise((resolve) => setTimeout(resolve, 1.5 * nextPlaceMs))
    expect(second.received).toEqual([])
  })
})

test.each(['MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH'])(
  'a %s is not sent to two servers because the first one takes its time',
  async (method) => {
    const { app, first, second } = await pair()
    ask(app, method)
    const request = await first.next(isRequest(method))
    await new Promise((resolve) => setTimeout(resolve, 2 * quick.nextPlaceMs))
    expect(second.received).toEqual([])
    reply(first, request, 200)
    await app.next(isStatus(200))
  },
)

test('a proxied INVITE that the first place answers late stops ringing at the second', async () => {
  const { app, first, second, newPeer } = await pair()
  await app.route('invite')
  const caller = await newPeer()
  caller.send(caller.request('INVITE', 'late'))
  const shown = await app.next((frame) => frame.includes('\r\nINVITE '))
  const txnId = shown.split('\r\n', 1)[0]!.split('|')[7]!
  const how = 'remainInDialog|fullResponse|followRedirects|simultaneous|2s|20s'
  app.send(
    `p|proxy|${txnId}|${how}|sip:bob@trunk.test;transport=udp\r\nINVITE sip:x@y SIP/2.0\r\n\r\n`,
  )
  const before = await first.next(isRequest('INVITE'))
  const after = await second.next(isRequest('INVITE'))
  reply(second, after, 180)
  await caller.next((message) => message.status === 180)
  reply(first, before, 200)
  expect((await caller.final('INVITE')).status).toBe(200)
  expect((await second.next(isRequest('CANCEL'))).via?.branch).toBe(after.via?.branch)
})

test('a proxied request goes on too', async () => {
  const { app, first, second, newPeer } = await pair()
  await app.route('invite')
  const caller = await newPeer()
  caller.send(caller.request('INVITE', 'proxied'))
  const shown = await app.next((frame) => frame.includes('\r\nINVITE '))
  const txnId = shown.split('\r\n', 1)[0]!.split('|')[7]!
  const how = 'remainInDialog|fullResponse|followRedirects|simultaneous|2s|20s'
  app.send(
    `p|proxy|${txnId}|${how}|sip:bob@trunk.test;transport=udp\r\nINVITE sip:x@y SIP/2.0\r\n\r\n`,
  )
  reply(first, await first.next(isRequest('INVITE')), 503)
  const after = await second.next(isRequest('INVITE'))
  reply(second, after, 200)
  expect((await caller.final('INVITE')).status).toBe(200)
})

test('NAPTR chooses the transport, the Via and Contact say which', async () => {
  const { app, dns } = await lab()
  const lines: string[] = []
  const tcp = createServer((socket) => {
    closers.push(() => socket.destroy())
    socket.on('data', (bytes) => lines.push(...bytes.toString().split('\r\n')))
  }).listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  closers.push(() => tcp.close())
  const name = '_sip._tcp.trunk.test'
  dns.records = [
    here,
    { name: 'trunk.test', naptr: [10, 1, 'SIP+D2T', name] },
    { name: 'trunk.test', naptr: [20, 1, 'SIP+D2U', services] },
    srv(1, (tcp.address() as { port: number }).port, name),
  ]
  ask(app, 'INVITE', 'sip:bob@trunk.test')
  await until(() => lines.some((line) => line.startsWith('Contact')))
  expect(lines[0]).toBe('INVITE sip:bob@trunk.test SIP/2.0')
  expect(lines.find((line) => line.startsWith('Via'))).toContain('SIP/2.0/TCP')
  expect(lines.find((line) => line.startsWith('Contact'))).toContain(';transport=tcp')
})
