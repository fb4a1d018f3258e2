/** The running server: who may command it, what becomes of calls, what it keeps. */
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultTiming, type SipServer, startInWorker } from '../../../engine/sip-server/index.ts'
import { sameSecret } from '../../../engine/sip-server/same-secret.ts'
import { readFlags } from '../../../engine/sip-server/standalone-flags.ts'
import { RawApp, RawPeer, secret, startLab, until } from './lab.ts'

let server: SipServer
const closers: (() => void)[] = []

beforeEach(async () => {
  server = await startLab()
})
afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await server.close()
})

const newApp = async (authenticated = true): Promise<RawApp> => {
  const app = await RawApp.open(server, authenticated)
  closers.push(() => app.close())
  return app
}
const newPeer = async (): Promise<RawPeer> => {
  const peer = await RawPeer.open(server)
  closers.push(() => peer.close())
  return peer
}

const field = (frame: string, index: number): string =>
  frame.split('\r\n', 1)[0]!.split('|')[index]!
const isNew = (method: string) => (frame: string) =>
  frame.startsWith('sip|network') && frame.includes(`\r\n${method} `)

/** Brings a call from the peer up to its ACK; returns the transaction and dialog ids. */
const callIn = async (app: RawApp, peer: RawPeer, callId: string) => {
  peer.send(peer.request('INVITE', callId))
  const txnId = field(await app.next(isNew('INVITE')), 7)
  app.send(`ok|sip|${txnId}|\r\nSIP/2.0 200 OK\r\n\r\n`)
  const ok = await peer.final('INVITE')
  const to = ok.header('to')!
  peer.send(peer.request('ACK', callId, { to }))
  await app.next(isNew('ACK'))
  return { txnId, to, dialogId: `${callId};from-tag=alice` }
}

describe('control connection', () => {
  test('a good secret is answered with addresses and a version', async () => {
    const app = await newApp(false)
    app.send(`1|authenticate|${secret}`)
    const place = `127.0.0.1:${server.sipPort}`
    const both = `tcp/${place},udp/${place}`
    expect(await app.answer('1')).toMatch(
      new RegExp(`^response\\|1\\|OK\\|${both}\\|v0\\.9\\.10.*\\|${both}$`),
    )
  })
  test('a wrong secret is refused and the connection closed', async () => {
    const app = await newApp(false)
    app.send('1|authenticate|wrong|')
    expect(await app.answer('1')).toBe('response|1|NO|incorrect secret')
    await until(() => app.closed)
  })
  test.each(['route|invite', 'ping', 'sip||\r\nOPTIONS sip:x@h SIP/2.0\r\n\r\n', 'remove_route|x'])(
    'before authentication %j is refused',
    async (command) => {
      const app = await newApp(false)
      app.send(`1|${command}`)
      expect(await app.answer('1')).toBe('response|1|NO|not authenticated')
      await until(() => app.closed)
      expect(server.stats().outbound).toBe(0)
    },
  )
  test('a stranger may send no long frame, an application may', async () => {
    const stranger = await newApp(false)
    stranger.raw('4097#')
    await until(() => stranger.closed)
    const app = await newApp()
    app.send(`long|ping|${'x'.repeat(500_000)}`)
    expect(await app.answer('long')).toBe('response|long|OK|pong')
    // both at once: the limit changes between the two
    const both = await newApp(false)
    both.send(`a|authenticate|${secret}|`)
    both.send(`b|ping|${'x'.repeat(50_000)}`)
    expect(await both.answer('b')).toBe('response|b|OK|pong')
    app.raw('1048577#')
    await until(() => app.closed)
  })
  test('secrets of any length compare', () => {
    expect(sameSecret('a', 'a')).toBe(true)
    expect(sameSecret('', 'a')).toBe(false)
    expect(sameSecret('a', 'aa')).toBe(false)
  })
  test('who does not authenticate in time is disconnected', async () => {
    const strict = await startLab({ timers: { authenticateMs: 30 } })
    const app = await RawApp.open(strict, false)
    await until(() => app.closed)
    await strict.close()
  })
  test('remove_route removes that verb only, route twice counts once', async () => {
    const [first, second] = [await newApp(), await newApp()]
    await first.route('options', 'options', 'message')
    await second.route('options')
    const peer = await newPeer()
    for (let i = 0; i < 4; i++) peer.send(peer.request('OPTIONS', `o${i}`))
    const options = (app: RawApp): number => app.frames.filter(isNew('OPTIONS')).length
    await until(() => options(first) + options(second) === 4)
    expect([options(first), options(second)]).toEqual([2, 2])
    first.send('rm|remove_route|options')
    await first.answer('rm')
    peer.send(peer.request('OPTIONS', 'after'))
    peer.send(peer.request('MESSAGE', 'message'))
    await second.next((frame) => frame.includes('Call-ID: after'))
    await first.next(isNew('MESSAGE'))
  })
})

describe('calls', () => {
  test('nobody there: 503, and a request of an unknown dialog 481', async () => {
    const peer = await newPeer()
    peer.send(peer.request('INVITE', 'a'))
    expect((await peer.final('INVITE')).status).toBe(503)
    peer.send(peer.request('BYE', 'b', { to: '<sip:x@h>;tag=nobody' }))
    expect((await peer.final('BYE')).status).toBe(481)
    peer.send(peer.request('BREW', 'c'))
    const refused = await peer.final('BREW')
    expect(refused.status).toBe(501)
    expect(refused.header('allow')).toContain('INVITE')
  })
  test('answered, spoken in, hung up: nothing is left but what must linger', async () => {
    const [app, peer] = [await newApp(), await newPeer()]
    await app.route('invite')
    const { to, dialogId } = await callIn(app, peer, 'call')
    expect(server.stats()).toMatchObject({ dialogs: 1, inbound: 0 })
    peer.send(peer.request('INFO', 'call', { to, seq: 2 }))
    const info = await app.next(isNew('INFO'))
    expect(field(info, 8)).toBe(dialogId)
    app.send(`i|sip|${field(info, 7)}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    expect((await peer.final('INFO')).status).toBe(200)
    app.send(`b|sip||${dialogId}\r\nBYE sip:placeholder SIP/2.0\r\n\r\n`)
    const bye = await peer.next((message) => message.method === 'BYE')
    expect(bye.cseq?.number).toBe(2)
    expect(bye.uri).toBe(`sip:alice@127.0.0.1:${peer.port}`)
    peer.send(answer(bye, 200))
    await app.next((frame) => /^sip\|network.*\r\nSIP\/2\.0 200/.test(frame))
    expect(server.stats()).toMatchObject({ dialogs: 0, inbound: 0, outbound: 0 })
  })
  test('a copy of a request on another way gets 482, one of the same dialog id 491', async () => {
    const [app, peer] = [await newApp(), await newPeer()]
    await app.route('invite')
    peer.send(peer.request('INVITE', 'twice'))
    await app.next(isNew('INVITE'))
    peer.send(peer.request('INVITE', 'twice', { branch: 'z9hG4bKother' }))
    expect((await peer.final('INVITE')).status).toBe(482)
    await callIn(app, peer, 'standing')
    peer.send(peer.request('INVITE', 'standing', { seq: 9 }))
    expect((await peer.final('INVITE')).status).toBe(491)
  })
  test('our address in Route does not make us relay for strangers', async () => {
    const [app, peer, inside] = [await newApp(), await newPeer(), await newPeer()]
    await app.route('invite', 'message')
    const fields = [`Route: <sip:127.0.0.1:${server.sipPort};lr>`]
    const uri = `sip:x@127.0.0.1:${inside.port}`
    const to = '<sip:x@h>;tag=made-up'
    peer.send(peer.request('BYE', 'relay', { to, uri, fields }))
    expect((await peer.final('BYE')).status).toBe(481)
    peer.send(peer.request('MESSAGE', 'relay2', { uri, fields }))
    await app.next(isNew('MESSAGE'))
    expect(inside.received).toEqual([])
  })
  test('a subscription that is not refreshed is forgotten', async () => {
    const quick = await startLab({ timers: { t1Ms: 1 } })
    const app = await RawApp.open(quick)
    const peer = await RawPeer.open(quick)
    await app.route('subscribe')
    peer.send(peer.request('SUBSCRIBE', 's', { fields: ['Event: presence', 'Expires: 0'] }))
    const txnId = field(await app.next(isNew('SUBSCRIBE')), 7)
    app.send(`ok|sip|${txnId}|\r\nSIP/2.0 202 Accepted\r\nExpires: 0\r\n\r\n`)
    await app.answer('ok')
    expect(quick.stats().dialogs).toBe(1)
    await until(() => quick.stats().dialogs === 0)
    app.close()
    peer.close()
    await quick.close()
  })
  test('requests of a dialog that come out of order get 500', async () => {
    const [app, peer] = [await newApp(), await newPeer()]
    await app.route('invite')
    const { to } = await callIn(app, peer, 'order')
    peer.send(peer.request('INFO', 'order', { to, seq: 9 }))
    await app.next(isNew('INFO'))
    peer.send(peer.request('INFO', 'order', { to, seq: 3 }))
    expect((await peer.next((m) => m.cseq?.number === 3)).status).toBe(500)
  })
  test('both sides re-INVITE at once: ours stands, the peer gets 491', async () => {
    const [app, peer] = [await newApp(), await newPeer()]
    await app.route('invite')
    const { to, dialogId } = await callIn(app, peer, 'glare')
    app.send(`re|sip||${dialogId}\r\nINVITE sip:placeholder SIP/2.0\r\n\r\n`)
    await peer.next((message) => message.isRequest && message.method === 'INVITE')
    peer.send(peer.request('INVITE', 'glare', { to, seq: 2 }))
    expect((await peer.final('INVITE')).status).toBe(491)
    expect(app.frames.filter(isNew('INVITE'))).toEqual([])
  })
  test('the application goes away: its calls are ended, its callers answered', async () => {
    const [app, peer] = [await newApp(), await newPeer()]
    await app.route('invite')
    await callIn(app, peer, 'up')
    peer.send(peer.request('INVITE', 'ringing'))
    await app.next(isNew('INVITE'))
    app.send(`out|sip||\r\nINVITE sip:x@127.0.0.1:${peer.port} SIP/2.0\r\n\r\n`)
    const invite = await peer.next((m) => m.isRequest && m.method === 'INVITE')
    peer.send(answer(invite, 180))
    await app.next((frame) => frame.includes('SIP/2.0 180'))
    app.close()
    expect((await peer.next((m) => m.isRequest && m.method === 'BYE')).header('reason')).toContain(
      'application disconnected',
    )
    expect((await peer.next((m) => m.callId === 'ringing' && m.status >= 200)).status).toBe(480)
    expect((await peer.next((m) => m.method === 'CANCEL')).callId).toBe(invite.callId)
    expect(server.stats()).toMatchObject({ dialogs: 0, inbound: 0, applications: 0 })
  })
  test('a contact registered over TCP is called on its connection, then it is gone', async () => {
    const app = await newApp()
    await app.route('register')
    const phone = connect(server.sipPort, '127.0.0.1')
    const heard: string[] = []
    phone.on('data', (bytes) => heard.push(bytes.toString('latin1')))
    const peer = await newPeer()
    // a private address that nobody could connect to
    const contact = 'Contact: <sip:phone@10.255.255.1:9>'
    phone.write(
      peer
        .request('REGISTER', 'reg', { fields: ['Expires: 60'] })
        .replace('/UDP ', '/TCP ')
        .replace(/Contact: .*/, contact),
    )
    const txnId = field(await app.next(isNew('REGISTER')), 7)
    app.send(`r|sip|${txnId}|\r\nSIP/2.0 200 OK\r\n${contact};expires=60\r\n\r\n`)
    await until(() => heard.join('').includes('SIP/2.0 200'))
    const call = 'sip||\r\nINVITE sip:phone@10.255.255.1:9 SIP/2.0\r\n\r\n'
    app.send(`c1|${call}`)
    await until(() => heard.join('').includes('INVITE sip:phone@10.255.255.1:9'))
    expect(heard.join('')).toContain('Via: SIP/2.0/TCP')
    phone.destroy()
    await until(() => server.stats().tcpConnections === 0)
    app.send(`c2|${call}`)
    await app.next((frame) => frame.includes('\r\nSIP/2.0 430 Flow Failed'))
  })
  test('an application that never answers is answered for', async () => {
    const quick = await startLab({ timers: { ...defaultTiming, unansweredMs: 50, t1Ms: 5 } })
    const app = await RawApp.open(quick)
    const peer = await RawPeer.open(quick)
    await app.route('invite', 'message')
    peer.send(peer.request('INVITE', 'i'))
    peer.send(peer.request('MESSAGE', 'm'))
    expect((await peer.final('INVITE')).status).toBe(408)
    expect((await peer.final('MESSAGE')).status).toBe(500)
    const late = field(await app.next(isNew('INVITE')), 7)
    app.send(`late|sip|${late}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    expect(await app.answer('late')).toContain('NOK|Response not sent due to unknown transaction')
    expect(quick.stats().inbound).toBe(0)
    app.close()
    peer.close()
    await quick.close()
  })
})

const answer = (request: { header(key: string): string | undefined }, status: number): string =>
  [
    `SIP/2.0 ${status} OK`,
    `Via: ${request.header('via')}`,
    `From: ${request.header('from')}`,
    `To: ${request.header('to')};tag=peer`.replace(/(;tag=[^;]+);tag=peer$/, '$1'),
    `Call-ID: ${request.header('call-id')}`,
    `CSeq: ${request.header('cseq')}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

describe('start and stop', () => {
  test('a SIP or control port in use rejects with its code, and nothing stays open', async () => {
    await expect(startLab({ port: server.sipPort })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    const { controlPort } = server
    await expect(startLab({ controlPort })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
  test('only TCP in use also rejects, and leaves UDP free', async () => {
    const half = await startLab({ transports: ['tcp'] })
    await expect(startLab({ port: half.sipPort })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    const other = await startLab({ transports: ['udp'], port: half.sipPort })
    await other.close()
    await half.close()
  })
  test('close ends calls, then sockets, and may be asked for twice', async () => {
    const own = await startLab()
    const app = await RawApp.open(own)
    const peer = await RawPeer.open(own)
    await app.route('invite')
    await callIn(app, peer, 'closing')
    await Promise.all([own.close(), own.close()])
    expect((await peer.next((m) => m.isRequest)).method).toBe('BYE')
    await until(() => app.closed)
    peer.close()
    await new Promise<void>((resolve) => {
      connect(own.sipPort, '127.0.0.1').on('error', () => resolve())
    })
  })
  test.each([
    ['::1', '[::1]'],
    ['0.0.0.0', '127.0.0.1'],
  ])('bound to %s it names itself %s', async (host, named) => {
    const own = await startLab({ host })
    const app = await RawApp.open(own)
    const socket = connect(own.sipPort, host === '::1' ? '::1' : '127.0.0.1')
    await app.route('invite')
    const lines = ['From: <sip:a@h>;tag=1', 'To: <sip:b@h>', 'Call-ID: six', 'CSeq: 1 INVITE']
    const via = 'Via: SIP/2.0/TCP [2001:db8::9]:7;branch=z9hG4bK6'
    socket.write(['INVITE sip:b@h SIP/2.0', via, ...lines, 'l: 0', '', ''].join('\r\n'))
    const txnId = field(await app.next(isNew('INVITE')), 7)
    app.send(`ok|sip|${txnId}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    expect(await app.answer('ok')).toContain(`Contact: <sip:${named}:${own.sipPort};transport=tcp>`)
    socket.destroy()
    app.close()
    await own.close()
  })
  test('port 0 is nowhere, and no fault', async () => {
    const app = await newApp()
    app.send('x|sip||\r\nOPTIONS sip:a@127.0.0.1:0 SIP/2.0\r\n\r\n')
    await app.next((frame) => frame.includes('\r\nSIP/2.0 503 '))
    expect(server.stats().faults).toBe(0)
  })
  test('in a thread of its own', async () => {
    const options = { host: '127.0.0.1', port: 0, controlHost: '127.0.0.1', controlPort: 0, secret }
    const worker = await startInWorker({ ...options, transports: ['udp', 'tcp'] })
    const busy = startInWorker({ ...options, port: worker.sipPort, transports: ['udp'] })
    await expect(busy).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(await worker.stats()).toMatchObject({ dialogs: 0 })
    await Promise.all([worker.close(), worker.close()])
    expect(await worker.ended).toBeUndefined()
    await expect(worker.stats()).rejects.toThrow('has ended')
    await worker.close()
  })
  test.each([
    ['--contact sip:127.0.0.1:5070;transport=udp', { port: 5070, transports: ['udp'] }],
    ['--contact sip:*:5070;transport=udp,tcp,wss', { host: '0.0.0.0', transports: ['udp', 'tcp'] }],
    ['-f x.xml --address 127.0.0.2 --port 9 --loglevel debug', { controlPort: 9 }],
    ['--sip-port 7 --control-port 8 --secret s', { port: 7, controlPort: 8, secret: 's' }],
    ['--external-ip 203.0.113.9', { publicAddress: '203.0.113.9', publicFor: 'all' }],
    [
      '--sip-tls-port 5061 --wss-port 8443 --ws-port 8080 --cert-file c.pem --key-file k.pem',
      {
        tls: { port: 5061, wssPort: 8443, certFile: 'c.pem', keyFile: 'k.pem' },
        ws: { port: 8080 },
      },
    ],
  ])('flags %s', (line, wanted) => {
    expect(readFlags(line.split(' '))).toMatchObject(wanted)
  })
  test('flags for phones over TLS and WebSockets each stand alone', () => {
    const tls = readFlags('--sip-tls-port 5061 --cert-file c --key-file k'.split(' '))
    expect(tls.tls).toStrictEqual({ port: 5061, certFile: 'c', keyFile: 'k' })
    expect(tls).not.toHaveProperty('controlTls')
    expect(tls).not.toHaveProperty('ws')
    expect(readFlags(['--ws-port', '0']).ws).toStrictEqual({ port: 0 })
    expect(readFlags(['--cert-file', 'c', '--key-file', 'k'])).not.toHaveProperty('tls')
  })
  test.each([
    ['--sip-tls-port 5061', '--sip-tls-port needs --cert-file and --key-file'],
    ['--wss-port 8443 --cert-file c --key-file k', '--wss-port needs --sip-tls-port'],
    ['--ws-port eighty', '--ws-port is not a port: eighty'],
    ['--sip-port 65536', '--sip-port is not a port: 65536'],
  ])('flags %s are refused', (line, why) => {
    expect(() => readFlags(line.split(' '))).toThrow(why)
  })
})
