/** TLS in both directions: who is taken, who is not, and calls on it. */
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net'
import {
  type ConnectionOptions,
  connect,
  createServer,
  type Server,
  type TLSSocket,
} from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SipServer, SipServerOptions, Trust } from '../../../engine/sip-server/index.ts'
import { stampOf, watchPair } from '../../../engine/sip-server/transport/certificate.ts'
import { certificateFiles, type TestCertificate } from '../../support/certificate-files.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { RawApp, secret, startLab, until } from './lab.ts'
import { responseTo, StreamPeer } from './stream-peer.ts'

let ours: TestCertificate
const closers: (() => unknown)[] = []
beforeAll(() => {
  ours = certificateFiles()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => ours.remove())

const start = async (
  more: Partial<SipServerOptions> = {},
  trust: Trust = 'any',
): Promise<SipServer> => {
  const server = await startLab({ tls: { ...ours, port: 0, trust }, ...more })
  closers.push(() => server.close())
  return server
}
const appOf = async (server: SipServer): Promise<RawApp> => {
  const app = await RawApp.open(server)
  closers.push(() => app.close())
  return app
}
const dial = (server: SipServer, more: ConnectionOptions = {}): TLSSocket => {
  const ca = readFileSync(ours.certFile)
  const socket = connect({ host: '127.0.0.1', port: server.tlsPort, ca, ...more })
  closers.push(() => socket.destroy())
  return socket
}
const peerOf = (server: SipServer, more?: ConnectionOptions): Promise<StreamPeer> =>
  StreamPeer.open(dial(server, more), 'TLS')

const field = (frame: string, index: number): string =>
  frame.split('\r\n', 1)[0]!.split('|')[index]!
const isNew = (method: string) => (frame: string) =>
  frame.startsWith('sip|network') && frame.includes(`\r\n${method} `)

/** A SIP element that is connected to. */
const listener = async (
  certificate: TestCertificate,
): Promise<Server & { peers: StreamPeer[] }> => {
  const peers: StreamPeer[] = []
  const files = {
    cert: readFileSync(certificate.certFile),
    key: readFileSync(certificate.keyFile),
  }
  const server = createServer(files, (socket) => peers.push(new StreamPeer(socket, 'TLS')))
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const { socket } of peers) socket.destroy()
    server.close()
  })
  return Object.assign(server, { peers })
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port

describe('a call in', () => {
  test('INVITE, 200, ACK, BYE from either side, all on the one connection', async () => {
    const server = await start()
    const app = await appOf(server)
    const peer = await peerOf(server)
    await app.route('invite')
    peer.send(peer.request('INVITE', 'in'))
    const invite = await app.next(isNew('INVITE'))
    expect(field(invite, 3)).toBe('tls')
    app.send(`ok|sip|${field(invite, 7)}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    const ok = await peer.final('INVITE')
    expect(ok.header('contact')).toBe(`<sip:127.0.0.1:${server.tlsPort};transport=tls>`)
    peer.send(peer.request('ACK', 'in', { to: ok.header('to')! }))
    await app.next(isNew('ACK'))
    app.send('b|sip||in;from-tag=alice\r\nBYE sip:placeholder SIP/2.0\r\n\r\n')
    const bye = await peer.next((message) => message.method === 'BYE')
    expect(bye.header('via')).toMatch(`SIP/2.0/TLS 127.0.0.1:${server.tlsPort};`)
    peer.send(responseTo(bye, 200))
    await app.next((frame) => /^sip\|network.*\r\nSIP\/2\.0 200/.test(frame))
    expect(server.stats()).toMatchObject({ dialogs: 0, tcpConnections: 1 })
  })
  test('what is asked for by sips: is answered by sips:', async () => {
    const server = await start()
    const app = await appOf(server)
    const peer = await peerOf(server)
    await app.route('invite')
    peer.send(peer.request('INVITE', 'sips', { uri: 'sips:bob@127.0.0.1' }))
    const txnId = field(await app.next(isNew('INVITE')), 7)
    app.send(`ok|sip|${txnId}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    const ok = await peer.final('INVITE')
    expect(ok.header('contact')).toBe(`<sips:127.0.0.1:${server.tlsPort}>`)
  })
  test('the control connection is told where TLS is', async () => {
    const server = await start()
    const app = await RawApp.open(server, false)
    closers.push(() => app.close())
    app.send(`1|authenticate|${secret}`)
    expect(await app.answer('1')).toContain(`tls/127.0.0.1:${server.tlsPort}`)
  })
  test('a message in pieces of a byte, and a ping', async () => {
    const server = await start()
    const peer = await peerOf(server)
    for (const byte of peer.request('OPTIONS', 'slow')) {
      peer.socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await peer.final('OPTIONS')).status).toBe(503)
    const pong = new Promise<string>((resolve) =>
      peer.socket.once('data', (bytes) => resolve(bytes.toString())),
    )
    peer.send('\r\n\r\n')
    expect(await pong).toBe('\r\n')
  })
})

describe('what is no TLS', () => {
  test('plain SIP and garbage are cut off, and a good peer is served after them', async () => {
    const server = await start({ timers: { connectMs: 300 } })
    for (const text of ['OPTIONS sip:x SIP/2.0\r\n\r\n', '\x16\x03\x01\xff\xff garbage', '\0']) {
      const socket = connectTcp(server.tlsPort, '127.0.0.1')
      const closed = new Promise((resolve) => socket.on('close', resolve))
      socket.on('error', () => undefined)
      // what the server answers has to be taken before the end is seen
      socket.resume()
      socket.end(text)
      await closed
    }
    await until(() => server.stats().dropped.handshake === 3)
    expect(server.stats().tcpConnections).toBe(0)
    const peer = await peerOf(server)
    peer.send(peer.request('OPTIONS', 'good'))
    expect((await peer.final('OPTIONS')).status).toBe(503)
  })
  test('a handshake that is never finished is ended', async () => {
    const server = await start({ timers: { connectMs: 50 } })
    const socket = connectTcp(server.tlsPort, '127.0.0.1')
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.on('close', resolve))
    expect(server.stats().dropped.handshake).toBe(1)
  })
  test('one that is not finished does not hold up the end of the server', async () => {
    const server = await start()
    const socket = connectTcp(server.tlsPort, '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    await new Promise((resolve) => socket.on('connect', resolve))
    await peerOf(server)
    await server.close()
    await closed
  })
  test('nor does a WebSocket, nor one of ours to somebody who never shakes hands', async () => {
    const server = await startLab({ tls: { ...ours, port: 0, wssPort: 0, trust: 'any' } })
    const app = await appOf(server)
    const half = connectTcp(server.wssPort, '127.0.0.1')
    closers.push(() => half.destroy())
    const silent = createTcpServer().listen(0, '127.0.0.1')
    closers.push(() => silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    app.send(`x|sip||\r\nOPTIONS sip:a@127.0.0.1:${port};transport=tls SIP/2.0\r\n\r\n`)
    const [socket] = (await once(silent, 'connection')) as [Socket]
    socket.on('error', () => undefined).resume()
    const ends = [half, socket].map((each) => once(each.resume(), 'close'))
    await server.close()
    await Promise.all(ends)
  }, 5000)
  test('who says nothing after the handshake is cut off', async () => {
    const server = await start({ timers: { stallMs: 50 } })
    const peer = await peerOf(server)
    await until(() => peer.closed)
  })
  test('garbage inside TLS ends the connection, an endless message too', async () => {
    const server = await start()
    const peer = await peerOf(server)
    peer.send('nonsense\r\n\r\n')
    await until(() => peer.closed)
    const other = await peerOf(server)
    other.send(`OPTIONS sip:x SIP/2.0\r\nX: ${'x'.repeat(70_000)}`)
    await until(() => other.closed)
    expect(server.stats().dropped.streamBroken).toBe(1)
    expect(server.stats().dropped.tooLarge).toBeGreaterThan(0)
  })
})

describe('a request out', () => {
  const out = (port: number, host = '127.0.0.1') =>
    `o|sip||\r\nOPTIONS sip:x@${host}:${port};transport=tls SIP/2.0\r\n\r\n`
  const answered = (frame: string) => /^sip\|network.*\r\nSIP\/2\.0/s.test(frame)

  test('opens one connection and uses it again', async () => {
    const [server, far] = [await start(), await listener(ours)]
    const app = await appOf(server)
    for (let i = 0; i < 2; i++) {
      app.send(out(portOf(far)))
      await until(() => far.peers.length === 1)
      const peer = far.peers[0]!
      const options = await peer.next((message) => message.method === 'OPTIONS')
      expect(options.header('via')).toMatch(/^SIP\/2.0\/TLS /)
      peer.send(responseTo(options, 200))
      expect(await app.next(answered)).toContain('SIP/2.0 200')
    }
    expect(far.peers).toHaveLength(1)
  })
  test('sips: goes over TLS', async () => {
    const [server, far] = [await start(), await listener(ours)]
    const app = await appOf(server)
    app.send(`o|sip||\r\nOPTIONS sips:x@127.0.0.1:${portOf(far)} SIP/2.0\r\n\r\n`)
    await until(() => far.peers.length === 1)
    await far.peers[0]!.next((message) => message.method === 'OPTIONS')
  })
  test.each([
    ['nobody knows its authority', 'system', '127.0.0.1'],
    ['its authority is known', 'file', '127.0.0.1'],
    ['it is for the name', 'file', 'localhost'],
  ] as const)('a certificate: %s', async (_what, kind, host) => {
    const trust = kind === 'file' ? { caFile: ours.certFile } : kind
    const [server, far] = [await start({}, trust), await listener(ours)]
    const app = await appOf(server)
    app.send(out(portOf(far), host))
    if (kind === 'system') {
      expect(await app.next(answered)).toContain('SIP/2.0 503')
      expect(far.peers.flatMap((peer) => peer.received)).toEqual([])
      return
    }
    await until(() => far.peers.length === 1)
    await far.peers[0]!.next((message) => message.method === 'OPTIONS')
  })
  test('a file of authorities without a certificate is told at the start', async () => {
    await expect(start({}, { caFile: ours.keyFile })).rejects.toThrow('has no certificate in PEM')
  })
  test('a certificate of somebody else is refused', async () => {
    const theirs = certificateFiles(['elsewhere.example'])
    closers.push(() => theirs.remove())
    const [server, far] = [await start({}, { caFile: theirs.certFile }), await listener(theirs)]
    const app = await appOf(server)
    app.send(out(portOf(far)))
    expect(await app.next(answered)).toContain('SIP/2.0 503')
  })
  test('a dialog whose route names the address stays on the connection made for the name', async () => {
    const named = certificateFiles(['localhost'])
    closers.push(() => named.remove())
    const [server, far] = [await start({}, { caFile: named.certFile }), await listener(named)]
    const app = await appOf(server)
    const port = portOf(far)
    app.send(`i|sip||\r\nINVITE sip:x@localhost:${port};transport=tls SIP/2.0\r\n\r\n`)
    await until(() => far.peers.length === 1)
    const peer = far.peers[0]!
    const invite = await peer.next((message) => message.method === 'INVITE')
    const place = `127.0.0.1:${port};transport=tls`
    const fields = [`Record-Route: <sip:${place};lr>`, `Contact: <sip:${place}>`]
    peer.send(responseTo(invite, 200, fields))
    await app.next(answered)
    const dialogId = `${invite.callId};from-${invite.header('from')?.split(';')[1]}`
    app.send(`a|sip||${dialogId}\r\nACK sip:placeholder SIP/2.0\r\n\r\n`)
    expect((await peer.next((message) => message.method === 'ACK')).callId).toBe(invite.callId)
    expect(server.stats().tcpConnections).toBe(1)
  })
  test('without TLS there is no such transport', async () => {
    const server = await startLab()
    closers.push(() => server.close())
    const app = await appOf(server)
    app.send(out(9))
    expect(await app.answer('o')).toContain('requested protocol/transport not available')
    expect(server.tlsPort).toBe(0)
  })
})

describe('a registered phone', () => {
  const registered = async (server: SipServer, app: RawApp): Promise<StreamPeer> => {
    await app.route('register')
    const peer = await peerOf(server)
    peer.send(peer.request('REGISTER', 'reg', { fields: ['Expires: 60'] }))
    const txnId = field(await app.next(isNew('REGISTER')), 7)
    const contact = `Contact: <${peer.contact}>;expires=60`
    app.send(`r|sip|${txnId}|\r\nSIP/2.0 200 OK\r\n${contact}\r\n\r\n`)
    await peer.final('REGISTER')
    return peer
  }

  test('is called on its connection, and gone with it', async () => {
    const server = await start({}, 'system')
    const app = await appOf(server)
    const peer = await registered(server, app)
    const call = `sip||\r\nINVITE ${peer.contact} SIP/2.0\r\n\r\n`
    app.send(`c1|${call}`)
    await peer.next((message) => message.method === 'INVITE')
    peer.socket.destroy()
    await until(() => server.stats().tcpConnections === 0)
    app.send(`c2|${call}`)
    await app.next((frame) => frame.includes('\r\nSIP/2.0 430 Flow Failed'))
  })
  test('that goes in the middle of a call leaves 408', async () => {
    const server = await start({ timers: { t1Ms: 5, connectMs: 50 } }, 'system')
    const app = await appOf(server)
    const peer = await registered(server, app)
    app.send(`c1|sip||\r\nINVITE ${peer.contact} SIP/2.0\r\n\r\n`)
    await peer.next((message) => message.method === 'INVITE')
    peer.socket.destroy()
    await app.next((frame) => frame.includes('\r\nSIP/2.0 408'))
  })
})

describe('certificate files', () => {
  const thumbprint = async (server: SipServer): Promise<string> => {
    const peer = await peerOf(server, { rejectUnauthorized: false })
    return (peer.socket as TLSSocket).getPeerCertificate().fingerprint256
  }

  test('are read again when they change; unusable ones change nothing and are told', async () => {
    const files = certificateFiles()
    closers.push(() => files.remove())
    const events: string[] = []
    const server = await start({
      tls: { ...files, port: 0 },
      timers: { certificateMs: 10 },
      log: ({ event }) => events.push(event),
    })
    const first = await thumbprint(server)
    const standing = await peerOf(server, { rejectUnauthorized: false })
    writeFileSync(files.certFile, 'half a certif')
    await until(() => events.includes('tls.unusable'))
    expect(await thumbprint(server)).toBe(first)
    files.renew()
    await until(() => events.includes('tls.certificate'))
    expect(await thumbprint(server)).not.toBe(first)
    standing.send(standing.request('OPTIONS', 'still'))
    expect((await standing.final('OPTIONS')).status).toBe(503)
  })
  test('that change while the server starts are read again', async () => {
    const files = certificateFiles()
    closers.push(() => files.remove())
    const known = stampOf(files)
    files.renew()
    const clock = new VirtualClock()
    let changes = 0
    const heard = { changed: () => changes++, unusable: () => undefined }
    closers.push(watchPair(files, clock, { everyMs: 10, known }, heard).stop)
    await clock.advance(30)
    expect(changes).toBe(1)
  })
  test('are read at once when that is asked for', async () => {
    const files = certificateFiles()
    closers.push(() => files.remove())
    const events: string[] = []
    const server = await start({
      tls: { ...files, port: 0 },
      timers: { certificateMs: 3_600_000 },
      log: ({ event }) => events.push(event),
    })
    const first = await thumbprint(server)
    files.renew()
    server.readCertificate()
    expect(events).toEqual(['tls.certificate'])
    expect(await thumbprint(server)).not.toBe(first)
  })
  test('that are not usable are one clear line at the start', async () => {
    const [one, other] = [certificateFiles(), certificateFiles()]
    closers.push(
      () => one.remove(),
      () => other.remove(),
    )
    const startWith = (certFile: string, keyFile: string) =>
      startLab({ tls: { certFile, keyFile, port: 0 } })
    await expect(startWith('/nowhere/a.pem', one.keyFile)).rejects.toThrow(
      /^TLS: \/nowhere\/a.pem can not be read \(ENOENT.*\)$/,
    )
    await expect(startWith(one.certFile, other.keyFile)).rejects.toThrow(
      /^TLS: certificate .* with key .* is not usable \(key values mismatch\)$/,
    )
    copyFileSync(other.keyFile, one.certFile)
    await expect(startWith(one.certFile, one.keyFile)).rejects.toThrow(
      /is not usable \(no start line\)$/,
    )
  })
})
