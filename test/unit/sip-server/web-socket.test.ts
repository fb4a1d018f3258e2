/** WebSockets with and without TLS (RFC 7118), directly and through a relay. */
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { SipServer, SipServerOptions } from '../../../engine/sip-server/index.ts'
import { certificateFiles, type TestCertificate } from '../../support/certificate-files.ts'
import { WsPhone } from '../../support/ws-phone.ts'
import { RawApp, RawPeer, secret, startLab, until } from './lab.ts'
import { responseTo } from './stream-peer.ts'

let ours: TestCertificate
const closers: (() => unknown)[] = []
beforeAll(() => {
  ours = certificateFiles()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => ours.remove())

const relayToken = 'between-us'
const start = async (more: Partial<SipServerOptions> = {}): Promise<SipServer> => {
  const server = await startLab({
    ws: { port: 0, relayToken },
    tls: { ...ours, port: 0, wssPort: 0 },
    ...more,
  })
  closers.push(() => server.close())
  return server
}
const appOf = async (server: SipServer, ...verbs: string[]): Promise<RawApp> => {
  const app = await RawApp.open(server)
  closers.push(() => app.close())
  await app.route(...verbs)
  return app
}
const urlOf = (server: SipServer): string => `ws://127.0.0.1:${server.wsPort}/`
const phoneOf = async (url: string): Promise<WsPhone> => {
  const phone = await WsPhone.open(url, { rejectUnauthorized: false })
  closers.push(() => phone.close())
  return phone
}

const field = (frame: string, index: number): string =>
  frame.split('\r\n', 1)[0]!.split('|')[index]!
const isNew = (method: string) => (frame: string) =>
  frame.startsWith('sip|network') && frame.includes(`\r\n${method} `)

const register = async (app: RawApp, phone: WsPhone): Promise<string> => {
  phone.send(phone.request('REGISTER', 'reg', { fields: ['Expires: 60'] }))
  const frame = await app.next(isNew('REGISTER'))
  const contact = `Contact: <${phone.contact}>;expires=60`
  app.send(`r|sip|${field(frame, 7)}|\r\nSIP/2.0 200 OK\r\n${contact}\r\n\r\n`)
  expect((await phone.final('REGISTER')).status).toBe(200)
  return frame
}
const raw = (port: number): Socket => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  closers.push(() => socket.destroy())
  return socket
}
const allOf = async (socket: Socket): Promise<string> => {
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
  })
  await new Promise((resolve) => socket.on('close', resolve))
  return text
}
const upgrade = (fields: readonly string[] = []): string =>
  [
    'GET / HTTP/1.1',
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...fields,
    '\r\n',
  ].join('\r\n')

describe.each([
  ['ws', (server: SipServer) => urlOf(server)],
  ['wss', (server: SipServer) => `wss://127.0.0.1:${server.wssPort}/`],
] as const)('a browser on %s', (protocol, url) => {
  test('registers and is called: INVITE, 200, ACK, BYE on its connection', async () => {
    const server = await start()
    const app = await appOf(server, 'register')
    const phone = await phoneOf(url(server))
    expect(field(await register(app, phone), 3)).toBe(protocol)

    app.send(`c|sip||\r\nINVITE ${phone.contact} SIP/2.0\r\n\r\n`)
    const invite = await phone.next((message) => message.method === 'INVITE')
    expect(invite.header('via')).toMatch(`SIP/2.0/${protocol.toUpperCase()} 127.0.0.1:`)
    expect(invite.header('contact')).toMatch(/;transport=ws>$/)
    phone.answer(invite, 200)
    const ok = await app.next((frame) => /^sip\|network.*\r\nSIP\/2\.0 200/.test(frame))
    const dialogId = field(ok, 8)
    app.send(`a|sip||${dialogId}\r\nACK ${phone.contact} SIP/2.0\r\n\r\n`)
    await phone.next((message) => message.method === 'ACK')
    app.send(`b|sip||${dialogId}\r\nBYE sip:placeholder SIP/2.0\r\n\r\n`)
    const bye = await phone.next((message) => message.method === 'BYE')
    expect(bye.uri).toBe(phone.contact)
    phone.answer(bye, 200)
    await until(() => server.stats().dialogs === 0 && server.stats().outbound === 0)
  })
  test('calls, and is hung up on', async () => {
    const server = await start()
    const app = await appOf(server, 'invite')
    const phone = await phoneOf(url(server))
    phone.send(phone.request('INVITE', 'in'))
    const txnId = field(await app.next(isNew('INVITE')), 7)
    app.send(`ok|sip|${txnId}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    const ok = await phone.final('INVITE')
    expect(ok.header('contact')).toMatch(/^<sip:127\.0\.0\.1:\d+;transport=ws>$/)
    phone.send(phone.request('ACK', 'in', { to: ok.header('to')! }))
    await app.next(isNew('ACK'))
    app.send('b|sip||in;from-tag=alice\r\nBYE sip:placeholder SIP/2.0\r\n\r\n')
    await phone.next((message) => message.method === 'BYE')
  })
})

describe('the connection', () => {
  test('is found by where it came from, too', async () => {
    const server = await start()
    const app = await appOf(server, 'register')
    const phone = await phoneOf(urlOf(server))
    const port = field(await register(app, phone), 5)
    app.send(`c|sip|||sip:127.0.0.1:${port};transport=ws\r\nOPTIONS sip:x@pbx SIP/2.0\r\n\r\n`)
    await phone.next((message) => message.method === 'OPTIONS')
  })
  test('gone: 430 at once, and nobody is looked for by such a name', async () => {
    const server = await start()
    const app = await appOf(server, 'register')
    const phone = await phoneOf(urlOf(server))
    const port = field(await register(app, phone), 5)
    phone.close()
    await until(() => server.stats().tcpConnections === 0)
    const hop = `sip:127.0.0.1:${port};transport=ws`
    for (const [id, next] of [
      ['c1', ''],
      ['c2', `|${hop}`],
    ] as const) {
      app.send(`${id}|sip||${next}\r\nINVITE ${phone.contact} SIP/2.0\r\n\r\n`)
      await app.next((frame) => frame.includes('\r\nSIP/2.0 430 Flow Failed'))
    }
    app.send('c3|sip||\r\nINVITE sip:a@never.invalid SIP/2.0\r\n\r\n')
    await app.next((frame) => frame.includes('\r\nSIP/2.0 430 Flow Failed'))
    // nor is it sent over TLS, where that is the Request-URI's transport and no stream is known
    app.send('c4|sip|||sip:127.0.0.1:9\r\nOPTIONS sip:a@pbx;transport=ws SIP/2.0\r\n\r\n')
    await app.next((frame) => frame.includes('\r\nSIP/2.0 430 Flow Failed'))
  })
  test('gone in the middle of a call: 408, and the BYE of the other side ends it', async () => {
    const server = await start({ timers: { t1Ms: 5 } })
    const app = await appOf(server, 'register', 'invite')
    const phone = await phoneOf(urlOf(server))
    await register(app, phone)
    app.send(`c|sip||\r\nINVITE ${phone.contact} SIP/2.0\r\n\r\n`)
    await phone.next((message) => message.method === 'INVITE')
    phone.close()
    await app.next((frame) => frame.includes('\r\nSIP/2.0 408'))
    const second = await phoneOf(urlOf(server))
    second.send(second.request('INVITE', 'up'))
    const txnId = field(await app.next(isNew('INVITE')), 7)
    app.send(`ok|sip|${txnId}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    const ok = await second.final('INVITE')
    second.send(second.request('ACK', 'up', { to: ok.header('to')! }))
    await app.next(isNew('ACK'))
    second.close()
    await until(() => server.stats().tcpConnections === 0)
    app.send('b|sip||up;from-tag=alice\r\nBYE sip:placeholder SIP/2.0\r\n\r\n')
    await app.next((frame) => frame.includes('\r\nSIP/2.0 430 Flow Failed'))
    expect(server.stats().dialogs).toBe(0)
  })
  test('outlives the time for a handshake, is pinged, and dropped when nobody answers', async () => {
    const server = await start({ timers: { pingMs: 40, connectMs: 50 } })
    const phone = await phoneOf(urlOf(server))
    phone.send(phone.request('OPTIONS', 'o'))
    let pings = 0
    phone.socket.on('ping', () => pings++)
    await until(() => pings >= 3)
    expect(phone.closed).toBe(false)
    const deaf = new WebSocket(urlOf(server), 'sip', { autoPong: false })
    closers.push(() => deaf.terminate())
    await new Promise((resolve) => deaf.on('close', resolve))
    expect(server.stats().dropped.streamBroken).toBe(1)
  })
  test('says nothing at all: it is cut off', async () => {
    const server = await start({ timers: { stallMs: 40 } })
    const phone = await phoneOf(urlOf(server))
    await until(() => phone.closed)
  })
})

describe('messages', () => {
  test('text, binary, in fragments, and keep-alives', async () => {
    const server = await start()
    const phone = await phoneOf(urlOf(server))
    phone.send(phone.request('OPTIONS', 'text'))
    phone.binary(phone.request('OPTIONS', 'binary'))
    const text = phone.request('OPTIONS', 'pieces')
    phone.socket.send(text.slice(0, 50), { fin: false })
    phone.socket.send(text.slice(50), { fin: true })
    for (let i = 0; i < 3; i++) expect((await phone.final('OPTIONS')).status).toBe(503)
    phone.raw.length = 0
    phone.send('\r\n\r\n')
    phone.send('\r\n')
    phone.send('')
    phone.send(phone.request('OPTIONS', 'after'))
    await phone.final('OPTIONS')
    expect(phone.raw.map((each) => each.slice(0, 7))).toEqual(['\r\n', 'SIP/2.0'])
  })
  test('what is not UTF-8 goes out as binary', async () => {
    const server = await start()
    const app = await appOf(server, 'message')
    const phone = await phoneOf(urlOf(server))
    const kinds: boolean[] = []
    phone.socket.on('message', (_bytes, isBinary) => kinds.push(isBinary))
    for (const text of ['caf\xc3\xa9', '\xff\xfe']) {
      phone.binary(phone.request('MESSAGE', `m${text.length}`, { body: 'x' }))
      const txnId = field(await app.next(isNew('MESSAGE')), 7)
      const frame = `${txnId}|\r\nSIP/2.0 200 OK\r\nX-Text: ${text}\r\n\r\n`
      const bytes = Buffer.from(`ok|sip|${frame}`, 'latin1')
      app.raw(Buffer.concat([Buffer.from(`${bytes.length}#`), bytes]))
      await phone.final('MESSAGE')
    }
    expect(kinds).toEqual([false, true])
  })
  test('garbage is dropped, a message that is too long ends the connection', async () => {
    const server = await start()
    const phone = await phoneOf(urlOf(server))
    phone.send('nonsense')
    phone.send(phone.request('OPTIONS', 'still'))
    await phone.final('OPTIONS')
    expect(server.stats().dropped.garbage).toBe(1)
    phone.send('x'.repeat(65_537))
    await until(() => phone.closed)
    expect(server.stats().dropped.tooLarge).toBe(1)
  })
  test('text that is not UTF-8 and frames without a mask end the connection', async () => {
    const server = await start()
    for (const bytes of [
      Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]),
      Buffer.from([0x81, 0x02, 0x41, 0x42]),
    ]) {
      const socket = raw(server.wsPort)
      const all = allOf(socket)
      socket.write(upgrade(['Sec-WebSocket-Protocol: sip']))
      await new Promise((resolve) => socket.once('data', resolve))
      socket.write(bytes)
      expect(await all).toContain('HTTP/1.1 101')
    }
    await until(() => server.stats().dropped.streamBroken === 2)
    expect(server.stats().tcpConnections).toBe(0)
  })
  test('a peer that does not read is cut off', async () => {
    const server = await start()
    const app = await appOf(server, 'register')
    const phone = await phoneOf(urlOf(server))
    await register(app, phone)
    phone.socket.pause()
    const body = 'x'.repeat(60_000)
    for (let i = 0; server.stats().dropped.slowReader === 0; i++) {
      const start = `m${i}|sip||\r\nMESSAGE ${phone.contact} SIP/2.0\r\n`
      app.send(`${start}Content-Type: text/plain\r\n\r\n${body}`)
      await app.answer(`m${i}`)
    }
  })
})

describe('the handshake', () => {
  test.each([[[]], [['sip2']], [['xmpp', 'chat']]])('sub-protocols %j: 400', async (protocols) => {
    const server = await start()
    const socket = new WebSocket(urlOf(server), protocols)
    const why = await new Promise<Error>((resolve) => socket.on('error', resolve))
    expect(why.message).toBe('Unexpected server response: 400')
  })
  test('sip among others is chosen', async () => {
    const server = await start()
    const socket = new WebSocket(urlOf(server), ['chat', 'sip'])
    await new Promise((resolve) => socket.on('open', resolve))
    expect(socket.protocol).toBe('sip')
    socket.terminate()
  })
  test('a page request gets 426, garbage is cut off', async () => {
    const server = await start()
    const page = await fetch(`http://127.0.0.1:${server.wsPort}/`)
    expect(page.status).toBe(426)
    const socket = raw(server.wsPort)
    socket.write('OPTIONS sip:x SIP/2.0\r\n\r\n')
    expect(await allOf(socket)).toBe('')
    expect(server.stats().dropped.handshake).toBe(1)
  })
  test.each([
    ['nothing', ''],
    ['half a request', 'GET / HTTP/1.1\r\nHo'],
  ])('%s, and then silence: cut off', async (_what, text) => {
    const server = await start({ timers: { connectMs: 60 } })
    for (const port of [server.wsPort, server.wssPort]) {
      const socket = raw(port)
      socket.write(text)
      await allOf(socket)
    }
    expect(server.stats().dropped.handshake).toBe(2)
  })
})

describe('a relay', () => {
  const viaRelay = (server: SipServer, place: string, by: 'ws' | 'wss' = 'ws'): Promise<WsPhone> =>
    WsPhone.open(`ws://127.0.0.1:${server.relayPorts[by]}/`, { headers: { 'Sip-Relay': place } })

  test.each(['ws', 'wss'] as const)('says where the client is, that came by %s', async (by) => {
    const server = await start({ ws: { relayToken }, tls: { ...ours, port: 0 } })
    expect([server.wsPort, server.wssPort]).toEqual([0, 0])
    const app = await appOf(server, 'register')
    const phone = await viaRelay(server, `${relayToken} 203.0.113.7 40000`, by)
    closers.push(() => phone.close())
    const frame = await register(app, phone)
    expect([field(frame, 3), field(frame, 4), field(frame, 5)]).toEqual([
      by,
      '203.0.113.7',
      '40000',
    ])
    app.send(`c|sip|||sip:203.0.113.7:40000;transport=${by}\r\nOPTIONS sip:x@pbx SIP/2.0\r\n\r\n`)
    const question = await phone.next((message) => message.method === 'OPTIONS')
    expect(question.headers('via')[0]).toContain(`SIP/2.0/${by.toUpperCase()} `)
    const control = await RawApp.open(server, false)
    closers.push(() => control.close())
    control.send(`1|authenticate|${secret}`)
    expect(await control.answer('1')).not.toMatch(/wss?\//)
  })
  test.each(['', 'wrong 203.0.113.7 1', `${relayToken} nowhere 1`, `${relayToken}`])(
    'that says %j is refused',
    async (place) => {
      const server = await start()
      await expect(viaRelay(server, place)).rejects.toThrow('403')
    },
  )
  test('a client of the open listener can not say where it is', async () => {
    const server = await start()
    const app = await appOf(server, 'register')
    const headers = { 'Sip-Relay': `${relayToken} 203.0.113.7 40000` }
    const phone = await WsPhone.open(urlOf(server), { headers })
    closers.push(() => phone.close())
    expect(field(await register(app, phone), 4)).toBe('127.0.0.1')
  })
})

test('a browser calls somebody on UDP: the proxy brings the two together', async () => {
  const server = await start()
  const app = await appOf(server, 'message')
  const phone = await phoneOf(urlOf(server))
  const peer = await RawPeer.open(server)
  closers.push(() => peer.close())
  phone.send(phone.request('MESSAGE', 'p'))
  const txnId = field(await app.next(isNew('MESSAGE')), 7)
  const to = `sip:x@127.0.0.1:${peer.port}`
  app.send(`p|proxy|${txnId}||||serial|||${to}\r\nMESSAGE ${to} SIP/2.0\r\n\r\n`)
  const message = await peer.next((each) => each.method === 'MESSAGE')
  expect(message.headers('via').map((via) => via.split(' ')[0])).toEqual([
    'SIP/2.0/UDP',
    'SIP/2.0/WS',
  ])
})

test('somebody on UDP calls a registered browser: the proxy finds its connection', async () => {
  const server = await start()
  const app = await appOf(server, 'register', 'message')
  const phone = await phoneOf(urlOf(server))
  await register(app, phone)
  const peer = await RawPeer.open(server)
  closers.push(() => peer.close())
  peer.send(peer.request('MESSAGE', 'p'))
  const txnId = field(await app.next(isNew('MESSAGE')), 7)
  app.send(
    `p|proxy|${txnId}||||serial|||${phone.contact}\r\nMESSAGE ${phone.contact} SIP/2.0\r\n\r\n`,
  )
  phone.answer(await phone.next((each) => each.method === 'MESSAGE'), 200)
  expect((await peer.final('MESSAGE')).status).toBe(200)
})

test('a proxied call between a browser and UDP: each side can come back through us', async () => {
  const server = await start()
  const app = await appOf(server, 'register', 'invite')
  const phone = await phoneOf(urlOf(server))
  await register(app, phone)
  const peer = await RawPeer.open(server)
  closers.push(() => peer.close())
  phone.send(phone.request('INVITE', 'rr'))
  const txnId = field(await app.next(isNew('INVITE')), 7)
  const to = `sip:x@127.0.0.1:${peer.port}`
  app.send(`p|proxy|${txnId}|remainInDialog|||serial|||${to}\r\nINVITE ${to} SIP/2.0\r\n\r\n`)
  const invite = await peer.next((each) => each.method === 'INVITE')
  const routes = invite.headers('record-route')
  expect(routes).toEqual([
    `<sip:127.0.0.1:${server.sipPort};lr>`,
    `<sip:127.0.0.1:${server.wsPort};transport=ws;lr>`,
  ])
  const contact = [`Contact: <${to}>`]
  peer.send(responseTo(invite, 200, contact))
  const ok = await phone.final('INVITE')
  const back = ok.headers('record-route').reverse()
  const inDialog = { uri: to, to: ok.header('to')!, fields: back.map((each) => `Route: ${each}`) }
  phone.send(phone.request('ACK', 'rr', inDialog))
  const ack = await peer.next((each) => each.method === 'ACK')
  expect(ack.headers('route')).toEqual([])
  // the called side hangs up
  const bye = peer
    .request('BYE', 'rr', { uri: phone.contact, fields: routes.map((each) => `Route: ${each}`) })
    .replace(/^From: .*$/m, `From: ${ok.header('to')}`)
    .replace(/^To: .*$/m, `To: ${invite.header('from')}`)
  peer.send(bye)
  const heard = await phone.next((each) => each.method === 'BYE')
  expect(heard.headers('route')).toEqual([])
  phone.answer(heard, 200)
  expect((await peer.final('BYE')).status).toBe(200)
})

describe('pages of browsers', () => {
  test.each([
    ['no browser', {}, 101],
    ['a page of this host, on another port', { Origin: 'https://127.0.0.1:8443' }, 101],
    ['a page that is listed', { Origin: 'https://phone.example' }, 101],
    ['the same without TLS', { Origin: 'http://phone.example' }, 403],
    ['a page of elsewhere', { Origin: 'https://evil.example' }, 403],
    ['a name that begins the same', { Origin: 'http://127.0.0.1.evil.example' }, 403],
    ['a page without an origin', { Origin: 'null' }, 403],
    ['nothing', { Origin: '' }, 403],
  ])('%s', async (_title, headers, status) => {
    const server = await start({ wsOrigins: ['https://phone.example'] })
    const socket = new WebSocket(urlOf(server), 'sip', { headers })
    closers.push(() => socket.terminate())
    const answered = await new Promise<number | undefined>((resolve) => {
      socket.on('error', () => undefined)
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('open', () => resolve(101))
    })
    expect(answered).toBe(status)
  })
  test('of everywhere, if so wished', async () => {
    const server = await start({ wsOrigins: ['*'] })
    const phone = await WsPhone.open(urlOf(server), { headers: { Origin: 'null' } })
    phone.close()
  })
})
