/** WebSockets that the engine dials: who is let through, who is given up, and that nothing stays open. */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import twilio from 'twilio'
import { expect, onTestFinished, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { selfSigned } from '../../../engine/compose/self-signed.ts'
import { createWeb, type Lookup } from '../../../engine/web/index.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { loopback, nowhere, only, serve, testLog, until } from './server.ts'

const lookupFails: Lookup = () => Promise.reject(new Error('no names in this test'))
const secrets = ['the newest', 'the one before']

function dialler(allowed = loopback, lookup = lookupFails) {
  const clock = new VirtualClock()
  const web = createWeb({ dataDir: nowhere, allowed, clock, log: testLog(), lookup })
  const got: (string | Uint8Array)[] = []
  const ends: { code: number; why: string; isFault: boolean }[] = []
  const stop = new AbortController()
  const listener = {
    message: (data: string | Uint8Array) => void got.push(data),
    drained: () => undefined,
    closed: (how: (typeof ends)[number]) => void ends.push(how),
  }
  const dial = (url: string) => web.socket({ url, secrets }, listener, stop.signal)
  return { web, clock, dial, got, ends, stop }
}

/** A WebSocket server on a loopback address. */
async function socketServer(onOpen: (socket: WebSocket) => void = () => undefined) {
  const http = await serve()
  const server = new WebSocketServer({ server: http.server })
  server.on('connection', onOpen)
  onTestFinished(() => {
    for (const client of server.clients) client.terminate()
  })
  return { http, server, url: `ws://127.0.0.1:${http.port}/audio?v=1` }
}

test('an open line carries both, signed as a webhook without a body is', async () => {
  const { server, url } = await socketServer((socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  const { dial, got, ends, clock } = dialler()
  const asked = once(server, 'connection')
  const line = await dial(url)
  const [, { headers }] = await asked
  line.send('text')
  line.send(Uint8Array.of(1, 2))
  line.resume()
  await until(() => got.length === 2, 'both back')
  expect(got).toEqual(['text', Buffer.of(1, 2)])
  const seconds = Math.floor(clock.nowMs() / 1_000)
  const v1 = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${seconds}./audio?v=1`).digest('hex'),
  )
  expect(headers['x-ringdown-signature']).toBe(`t=${seconds},v1=${v1[0]},v1=${v1[1]}`)
  const signature = String(headers['x-twilio-signature'])
  expect(twilio.validateRequest(secrets[1] ?? '', signature, url, {})).toBe(true)
  expect(headers['sec-websocket-extensions']).toBeUndefined()
  line.close(1000, 'done')
  await until(() => ends.length === 1, 'its end')
  expect(ends).toEqual([{ code: 1000, why: 'done', isFault: false }])
})

test('nothing is heard before somebody is ready, and nothing is lost', async () => {
  const { url } = await socketServer((socket) => socket.send('at once'))
  const { dial, got } = dialler()
  const line = await dial(url)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(got).toEqual([])
  line.resume()
  await until(() => got.length === 1, 'the first words')
})

test('private addresses are refused, by number, by name, and after the check of a name', async () => {
  const { http, url } = await socketServer()
  const there: Lookup = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
  const { web, dial } = dialler([], there)
  expect(() => web.checkSocketUrl(url, 'url')).toThrow(/not a public address/)
  const named = `ws://innocent.example:${http.port}/`
  expect(() => web.checkSocketUrl(named, 'url')).not.toThrow()
  for (const one of [url, named, `ws://localhost:${http.port}/`]) {
    await expect(dial(one)).rejects.toMatchObject({ code: 'url_not_allowed' })
  }
  expect(http.connections).toBe(0)
})

test('the addresses that were checked are used, whatever the name says later', async () => {
  const { http } = await socketServer()
  let lookups = 0
  const lookup: Lookup = () => {
    lookups += 1
    return Promise.resolve([{ address: lookups === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }])
  }
  const { dial } = dialler(only('127.0.0.1'), lookup)
  const line = await dial(`ws://rebind.example:${http.port}/`)
  line.close(1000, '')
  expect(lookups).toBe(1)
})

test.each([
  'http://a.example/',
  'https://a.example/',
  'wss:a',
  'ws://u:p@a.example/',
  'ws://a/#x',
  '',
])('refused by its form: %s', (url) => {
  expect(() => dialler().web.checkSocketUrl(url, 'url')).toThrow(
    expect.objectContaining({ code: 'url_not_allowed', field: 'url' }),
  )
})

test('a redirect is not followed, a refusal and nobody at all are told', async () => {
  const target = await socketServer()
  const refusing = await serve((_request, response) => {
    response.writeHead(302, { location: target.url.replace('ws', 'http') }).end()
  })
  refusing.server.on('upgrade', (_request, socket) =>
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${target.url}\r\n\r\n`),
  )
  const { dial } = dialler()
  await expect(dial(refusing.origin.replace('http', 'ws'))).rejects.toMatchObject({
    ...{ code: 'url_unreachable', message: expect.stringContaining('302') },
  })
  expect(target.http.connections).toBe(0)
  await expect(dial('ws://127.0.0.1:1/')).rejects.toMatchObject({ code: 'url_unreachable' })
})

test('a server that hangs, or answers drop by drop, is given up after 5 s', async () => {
  const open = new Set<object>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
    const timer = setInterval(() => socket.write('H'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const { dial, clock } = dialler()
  const dialled = dial(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const refused = expect(dialled).rejects.toMatchObject({ code: 'url_unreachable' })
  await until(() => open.size === 1, 'the connection')
  await clock.advance(5_000)
  await refused
  await until(() => open.size === 0, 'its end')
  expect(clock.pendingTimers).toBe(0)
})

test('who gives up while it is dialled leaves no connection', async () => {
  const server = await serve()
  server.server.on('upgrade', (_request, socket) =>
    socket.resume().on('end', () => socket.destroy()),
  )
  const { dial, stop } = dialler()
  const dialled = expect(dial(server.origin.replace('http', 'ws'))).rejects.toThrow()
  await until(() => server.open === 1, 'the connection')
  stop.abort()
  await dialled
  await until(() => server.open === 0, 'its end')
})

test.each([
  ['a message of more than 1 MiB', (socket: WebSocket) => socket.send(Buffer.alloc(1_048_577))],
  [
    'bytes that are no frame',
    (socket: WebSocket) => void Reflect.get(socket, '_socket').write(Buffer.alloc(64, 0xff)),
  ],
])('%s ends the line', async (_what, lie) => {
  const { http, url } = await socketServer(lie)
  const { dial, got, ends } = dialler()
  const line = await dial(url)
  line.resume()
  await until(() => ends.length === 1, 'its end')
  expect([got, ends[0]?.isFault]).toEqual([[], true])
  await until(() => http.open === 0, 'no connection')
})

test('a server that does not read, and does not say goodbye, is cut off', async () => {
  const { url } = await socketServer((socket) => socket.pause())
  const { dial, ends } = dialler()
  const line = await dial(url)
  const block = Buffer.alloc(1_000_000)
  for (let n = 0; n < 40 && ends.length === 0; n++) line.send(block)
  await until(() => ends.length === 1, 'its end')
  expect(ends[0]?.code).toBe(1006)
  const other = await dial(url)
  other.close(1000, '')
  await until(() => ends.length === 2, 'its end too')
})

test('a certificate that nobody vouches for is refused', async () => {
  const nowMs = Date.now()
  const { key, cert } = selfSigned(['127.0.0.1'], { fromMs: nowMs - 60_000, toMs: nowMs + 60_000 })
  const server = createTlsServer({ key, cert })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  await expect(dialler().dial(`wss://127.0.0.1:${port}/`)).rejects.toMatchObject({
    ...{ code: 'url_unreachable', message: expect.stringMatching(/SELF_SIGNED|CERT/) },
  })
})
