/** One server for both families: every transport over [::1], and IPv4 as before. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SipServer } from '../../../engine/sip-server/index.ts'
import { certificateFiles, type TestCertificate } from '../../support/certificate-files.ts'
import { WsPhone } from '../../support/ws-phone.ts'
import { RawApp, startLab, until } from './lab.ts'

let ours: TestCertificate
const closers: (() => unknown)[] = []
beforeAll(() => {
  ours = certificateFiles()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => ours.remove())

const start = async (): Promise<{ server: SipServer; app: RawApp }> => {
  const server = await startLab({
    host: '::',
    ws: { port: 0 },
    tls: { ...ours, port: 0, wssPort: 0, trust: 'any' },
  })
  closers.push(() => server.close())
  const app = await RawApp.open(server)
  closers.push(() => app.close())
  await app.route('message')
  return { server, app }
}

interface Line {
  send(text: string): void
  readonly heard: () => string
}
const overUdp = async (family: 4 | 6, port: number): Promise<Line> => {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  const host = family === 6 ? '::1' : '127.0.0.1'
  let heard = ''
  socket.on('message', (bytes) => {
    heard += bytes.toString()
  })
  socket.bind(0, host)
  await once(socket, 'listening')
  closers.push(() => socket.close())
  return { send: (text) => socket.send(text, port, host), heard: () => heard }
}
const over = async (socket: Socket, ready: string): Promise<Line> => {
  let heard = ''
  socket.on('data', (bytes) => {
    heard += bytes.toString()
  })
  closers.push(() => socket.destroy())
  await once(socket, ready)
  return { send: (text) => socket.write(text), heard: () => heard }
}

const request = (word: string): string =>
  [
    'MESSAGE sip:a@[2001:db8::1] SIP/2.0',
    `Via: SIP/2.0/${word} [2001:db8::99]:5999;branch=z9hG4bKsix${word};rport`,
    'Max-Forwards: 70',
    'From: <sip:b@[2001:db8::99]>;tag=1',
    'To: <sip:a@[2001:db8::1]>',
    `Call-ID: six-${word}`,
    'CSeq: 1 MESSAGE',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

describe('what comes', () => {
  test.each([
    ['udp', 6, '::1'],
    ['udp', 4, '127.0.0.1'],
    ['tcp', 6, '::1'],
    ['tcp', 4, '127.0.0.1'],
    ['tls', 6, '::1'],
    ['tls', 4, '127.0.0.1'],
  ] as const)('over %s, IPv%i', async (protocol, family, host) => {
    const { server, app } = await start()
    const { sipPort, tlsPort } = server
    const line = await {
      udp: () => overUdp(family, sipPort),
      tcp: () => over(connect(sipPort, host), 'connect'),
      tls: () =>
        over(connectTls({ port: tlsPort, host, rejectUnauthorized: false }), 'secureConnect'),
    }[protocol]()
    line.send(request(protocol.toUpperCase()))
    const frame = await app.next((each) => each.includes('\r\nMESSAGE '))
    const head = frame.split('\r\n', 1)[0]!.split('|')
    expect(head[3]).toBe(protocol)
    // an IPv4 peer is shown as one
    expect(head[4]).toBe(host)
    expect(head[9]).toBe(host)
    app.send(`r|sip|${head[7]}|\r\nSIP/2.0 200 OK\r\n\r\n`)
    await until(() => line.heard().includes('\r\n\r\n'))
    expect(line.heard()).toContain('SIP/2.0 200 OK')
    expect(line.heard()).toContain(`received=${host}`)
  })
  test('over a WebSocket', async () => {
    const { server, app } = await start()
    const phone = await WsPhone.open(`ws://[::1]:${server.wsPort}/`)
    closers.push(() => phone.close())
    phone.send(request('WS'))
    const frame = await app.next((each) => each.includes('\r\nMESSAGE '))
    expect(frame.split('|').slice(3, 5)).toEqual(['ws', '::1'])
  })
})

describe('what goes', () => {
  test.each([
    ['udp', '[::1]'],
    ['udp', '127.0.0.1'],
    ['tcp', '[::1]'],
    ['tcp', '127.0.0.1'],
  ] as const)('over %s to %s', async (protocol, host) => {
    const { server, app } = await start()
    const bare = host.replace(/[[\]]/g, '')
    let text = ''
    const hear = (bytes: Buffer): void => {
      text += bytes.toString()
    }
    let port: number
    if (protocol === 'udp') {
      const socket = createSocket(bare === '::1' ? 'udp6' : 'udp4').on('message', hear)
      socket.bind(0, bare)
      await once(socket, 'listening')
      closers.push(() => socket.close())
      port = socket.address().port
    } else {
      const listener = createServer((socket) => {
        closers.push(() => socket.destroy())
        socket.on('data', hear)
      })
      listener.listen(0, bare)
      await once(listener, 'listening')
      closers.push(() => listener.close())
      port = (listener.address() as { port: number }).port
    }
    app.send(`c|sip||\r\nINVITE sip:x@${host}:${port};transport=${protocol} SIP/2.0\r\n\r\n`)
    await until(() => text.includes('\r\n\r\n'))
    const own = `${host}:${server.sipPort}`
    expect(text).toContain(`Via: SIP/2.0/${protocol.toUpperCase()} ${own};`)
    expect(text).toContain(`Contact: <sip:${own}${protocol === 'tcp' ? ';transport=tcp' : ''}>`)
  })
})
