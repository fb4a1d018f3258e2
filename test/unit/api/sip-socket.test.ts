/** /sip of the HTTP server: a WebSocket is handed on to the SIP server with the client's address. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { clientAddresses } from '../../../engine/api/frame/client-address.ts'
import { isSipUpgrade } from '../../../engine/api/frame/sip-socket.ts'
import type { ApiOptions } from '../../../engine/api/options.ts'
import { type RunningApi, startApi } from '../../../engine/api/server.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** What the relay connects to: keeps what came, and answers as it is told. */
class Listener {
  readonly server: Server
  readonly sockets: Socket[] = []
  text = ''
  constructor(answer?: string) {
    this.server = createServer((socket) => {
      this.sockets.push(socket)
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        this.text += bytes.toString('latin1')
        if (answer !== undefined) socket.end(answer)
      })
    })
  }
  /** For clients by HTTP; there are no others here. */
  async ports(): Promise<{ ws: number; wss: number }> {
    return { ws: await this.port(), wss: 0 }
  }
  async port(): Promise<number> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    closers.push(() => {
      for (const socket of this.sockets) socket.destroy()
      this.server.close()
    })
    return (this.server.address() as AddressInfo).port
  }
}

const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const api = async (more: Partial<ApiOptions>): Promise<RunningApi> => {
  const options = {
    host: '127.0.0.1',
    port: 0,
    dialects: [],
    services: {
      deviceFeeds: { close: () => {} },
      eventFeeds: { close: () => {} },
      directory: { store: { accounts: { watch: () => () => {} } } },
    } as unknown as ApiOptions['services'],
    clock: { monotonicMs: () => 0 },
    observe: { log: quiet, metricsText: async () => '' },
    readiness: () => ({ ready: true, checks: {} }),
    version: '0',
    publicUrl: 'http://127.0.0.1',
    ...more,
  }
  const running = await startApi(options)
  closers.push(() => running.close())
  return running
}

const head = (path: string, fields: readonly string[] = []): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: sip',
    ...fields,
    '\r\n',
  ].join('\r\n')

const dial = (port: number): { socket: Socket; heard(): string; ended: Promise<unknown> } => {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
  })
  closers.push(() => socket.destroy())
  return { socket, heard: () => text, ended: once(socket, 'close') }
}
const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('/sip', () => {
  test('is handed on with token and address, then byte by byte both ways', async () => {
    const listener = new Listener()
    const { port } = await api({ sipRelay: { ports: await listener.ports(), token: 'tkn' } })
    const client = dial(port)
    client.socket.write(`${head('/sip?x=1', ['Sip-Relay: forged 1.2.3.4 5'])}early`)
    await until(() => listener.text.endsWith('early'))
    expect(listener.text).toContain(`Sip-Relay: tkn 127.0.0.1 ${client.socket.localPort}\r\n`)
    expect(listener.text).not.toContain('forged')
    expect(listener.text).toMatch(/sec-websocket-protocol: sip\r\n/i)
    listener.sockets[0]!.write('down')
    await until(() => client.heard() === 'down')
    client.socket.write('\x00up')
    await until(() => listener.text.endsWith('\x00up'))
    listener.sockets[0]!.destroy()
    await client.ended
  })
  test('a refusal reaches the client whole', async () => {
    const answer = `HTTP/1.1 400 Bad Request\r\n\r\n${'x'.repeat(20_000)}`
    const listener = new Listener(answer)
    const { port } = await api({ sipRelay: { ports: await listener.ports(), token: 't' } })
    const client = dial(port)
    client.socket.write(head('/sip'))
    await client.ended
    expect(client.heard()).toBe(answer)
  })
  test('nobody there: 503', async () => {
    const listener = new Listener()
    const gone = await listener.port()
    await new Promise((resolve) => listener.server.close(resolve))
    const { port } = await api({ sipRelay: { ports: { ws: gone, wss: gone }, token: 't' } })
    const client = dial(port)
    client.socket.write(head('/sip'))
    await client.ended
    expect(client.heard()).toMatch(/^HTTP\/1.1 503 /)
  })
  test('a page that may not connect: 403; too many: 503', async () => {
    const listener = new Listener()
    const { port } = await api({
      limits: { connections: 4 },
      sipRelay: {
        ports: await listener.ports(),
        token: 't',
        origins: ['https://here.example'],
      },
    })
    for (const foreign of ['https://elsewhere.example', 'http://here.example', 'null', '']) {
      const stranger = dial(port)
      stranger.socket.write(head('/sip', [`Origin: ${foreign}`]))
      await stranger.ended
      expect(stranger.heard()).toMatch(/^HTTP\/1.1 403 /)
    }
    for (let i = 1; i <= 2; i++) {
      dial(port).socket.write(head('/sip', ['Origin: https://here.example']))
      await until(() => listener.sockets.length === i)
    }
    const third = dial(port)
    third.socket.write(head('/sip'))
    await third.ended
    expect(third.heard()).toMatch(/^HTTP\/1.1 503 /)
  })
  test('open ones do not hold up the end', async () => {
    const listener = new Listener()
    const running = await api({ sipRelay: { ports: await listener.ports(), token: 't' } })
    const client = dial(running.port)
    client.socket.write(head('/sip'))
    await until(() => listener.sockets.length === 1)
    await running.close()
    await client.ended
  })
})

describe('other upgrades are ordinary requests', () => {
  test.each([
    ['another path', head('/other'), 404],
    ['h2c', 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 200],
  ])('%s', async (_what, text, status) => {
    const listener = new Listener()
    const { port } = await api({ sipRelay: { ports: await listener.ports(), token: 't' } })
    const client = dial(port)
    client.socket.write(text)
    await until(() => client.heard().includes('\r\n\r\n'))
    expect(client.heard()).toMatch(`HTTP/1.1 ${status} `)
  })
  test('all of them, where there is nothing to hand on to', async () => {
    const { port } = await api({})
    const client = dial(port)
    client.socket.write(head('/sip'))
    await until(() => client.heard().includes('\r\n\r\n'))
    expect(client.heard()).toMatch('HTTP/1.1 404 ')
  })
})

const requestOf = (parts: object): IncomingMessage => parts as IncomingMessage

test.each([
  ['GET', '/sip', 'WebSocket', true],
  ['GET', '/sip?a', 'websocket', true],
  ['GET', '/sip/', 'websocket', false],
  ['GET', '/sipx', 'websocket', false],
  ['POST', '/sip', 'websocket', false],
  ['GET', '/sip', 'h2c', false],
])('%s %s to %s', (method, url, upgrade, expected) => {
  expect(isSipUpgrade(requestOf({ method, url, headers: { upgrade } }))).toBe(expected)
})

test.each([
  ['192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['::ffff:192.0.2.1', undefined, '192.0.2.1'],
  ['10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  ['10.0.0.1', '203.0.113.9, 10.9.9.9', '203.0.113.9'],
  ['fd00::1', '2001:db8::5', '2001:db8::5'],
  ['10.0.0.1', 'x\r\nevil', '10.0.0.1'],
  ['10.0.0.1', undefined, '10.0.0.1'],
])('from %s with %s forwarded: %s', (remoteAddress, forwarded, expected) => {
  const addressOf = clientAddresses(['10.0.0.0/8', 'fd00::1'])
  const headers = { 'x-forwarded-for': forwarded }
  expect(addressOf(requestOf({ headers, socket: { remoteAddress } }))).toBe(expected)
})
