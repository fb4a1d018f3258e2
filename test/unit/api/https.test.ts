/** The listener for HTTPS: the same API as by HTTP, and it bears with those who do not speak TLS. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import type { ApiOptions } from '../../../engine/api/options.ts'
import { type RunningApi, startApi } from '../../../engine/api/server.ts'
import { readPair } from '../../../engine/sip-server/transport/certificate.ts'
import { certificateFiles } from '../../support/certificate-files.ts'
import { askSecurely } from '../../support/https-client.ts'
import { apiLab, key } from './api-lab.ts'
import { SocketClient } from './socket/socket-lab.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const files = certificateFiles()
const certificate = readPair(files)
files.renew()
const another = readPair(files)
files.remove()

interface Listening extends RunningApi {
  /** By HTTP and by HTTPS. */
  ask(path: string, headers?: Record<string, string>): Promise<{ status: number; text: string }>
  askSecurely(path: string, headers?: Record<string, string>): ReturnType<typeof askSecurely>
  readonly secure: number
}

async function start(more: Partial<ApiOptions> = {}): Promise<Listening> {
  const lab = await apiLab()
  closers.push(() => lab.close())
  const https = { port: 0, certificate }
  const running = await startApi({ ...lab.options, https, ...more })
  closers.push(() => running.close())
  const secure = running.httpsPort ?? 0
  return {
    ...running,
    secure,
    async ask(path, headers = {}) {
      const answer = await fetch(`http://127.0.0.1:${running.port}${path}`, { headers })
      return { status: answer.status, text: await answer.text() }
    },
    askSecurely: (path, headers = {}) => askSecurely(secure, path, { headers }),
  }
}

function watched<S extends Socket>(socket: S) {
  let heard = ''
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1')
  })
  closers.push(() => socket.destroy())
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  return { socket, heard: () => heard, closed }
}
const dial = (port: number) => watched(connect(port, '127.0.0.1'))
async function dialSecurely(port: number) {
  const dialled = watched(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }))
  await once(dialled.socket, 'secureConnect')
  return dialled
}
const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('what is asked by HTTPS', () => {
  test.each(['/healthz', '/about', '/nothing-here', '/v1/voice/calls', '/v1/voice/calls?limit=x'])(
    '%s: the answer is that of HTTP',
    async (path) => {
      const api = await start({ plainHttp: 'allow' })
      const headers = { 'x-api-key': key }
      const [plain, secure] = [await api.ask(path, headers), await api.askSecurely(path, headers)]
      const sameButId = ({ status, text }: typeof plain) => [status, text.replace(/req_\w+/, '')]
      expect(sameButId(secure)).toEqual(sameButId(plain))
      expect(secure.headers['x-content-type-options']).toBe('nosniff')
    },
  )

  test('is HTTPS for an API that demands it, whatever headers say', async () => {
    const api = await start({ plainHttp: 'refuse' })
    const headers = { 'x-api-key': key }
    expect((await api.ask('/v1/voice/calls', headers)).status).toBe(403)
    const lie = { ...headers, 'x-forwarded-proto': 'https' }
    expect((await api.ask('/v1/voice/calls', lie)).status).toBe(403)
    expect((await api.askSecurely('/v1/voice/calls', headers)).status).toBe(200)
    const other = { ...headers, 'x-forwarded-proto': 'http' }
    expect((await api.askSecurely('/v1/voice/calls', other)).status).toBe(200)
  })

  test('counts with what the same account asks by HTTP', async () => {
    const api = await start({ plainHttp: 'allow', limits: { requestsPerSecond: 1 } })
    const headers = { 'x-api-key': key }
    expect((await api.ask('/v1/voice/calls', headers)).status).toBe(200)
    expect((await api.askSecurely('/v1/voice/calls', headers)).status).toBe(429)
  })
})

describe('the page is told where it is by HTTPS', () => {
  test('our own port', async () => {
    const api = await start()
    const { text } = await api.ask('/page-settings.json')
    expect(JSON.parse(text)).toEqual({ https_url: null, https_port: api.secure })
  })
  test('or the address that clients are told', async () => {
    const lab = await apiLab({ publicUrl: 'https://voice.example' })
    closers.push(() => lab.close())
    const { body } = await lab.ask({ url: '/page-settings.json' })
    expect(body).toEqual({ https_url: 'https://voice.example', https_port: null })
  })
})

/** Of the SIP server: tells whoever connects what it was sent, and where. */
async function sipListener(name: string): Promise<number> {
  const sip = createServer((socket) => {
    socket.once('data', (bytes) => socket.write(`${name} got ${bytes}`))
    closers.push(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  closers.push(() => sip.close())
  await once(sip, 'listening')
  return (sip.address() as AddressInfo).port
}

test('the WebSocket of the API is there too, and by HTTPS alone where that is demanded', async () => {
  const api = await start({ plainHttp: 'refuse' })
  const options = { headers: { 'x-api-key': key }, rejectUnauthorized: false }
  const client = await SocketClient.open(`wss://127.0.0.1:${api.secure}/v1/voice/ws`, options)
  expect(await client.ask({ id: 1, do: 'listConferences' })).toMatchObject({
    ...{ ok: true, result: { conferences: [] } },
  })
  const plain = SocketClient.open(`ws://127.0.0.1:${api.port}/v1/voice/ws`, options)
  await expect(plain).rejects.toThrow('refused with 403')
  await api.close()
  expect((await client.closed).code).toBe(1001)
})

test('/sip is handed on as by HTTP, to the listener for those who came by TLS', async () => {
  const ports = { ws: await sipListener('plain'), wss: await sipListener('secure') }
  const { secure } = await start({ sipRelay: { ports, token: 'tkn' } })
  const client = await dialSecurely(secure)
  client.socket.write(
    'GET /sip HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  )
  await until(() => client.heard().includes('\r\n\r\n'))
  expect(client.heard()).toMatch(/^secure got GET/)
  expect(client.heard()).toContain(`Sip-Relay: tkn 127.0.0.1 ${client.socket.localPort}`)
})

describe('who does not speak TLS', () => {
  test.each([
    ['plain HTTP', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['noise', Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 89) & 255))],
    ['a hello that is cut off', Buffer.from('16030100c8010000c40303', 'hex')],
  ])('%s: is closed, and others are answered', async (_name, bytes) => {
    const api = await start()
    const client = dial(api.secure)
    client.socket.end(bytes)
    await client.closed
    expect(client.heard()).not.toContain('HTTP/1.1')
    expect((await api.askSecurely('/healthz')).status).toBe(200)
  })

  test('says nothing, or a byte now and then: is closed after a while', async () => {
    const api = await start({ limits: { requestMs: 300 } })
    const [silent, slow] = [dial(api.secure), dial(api.secure)]
    const hello = Buffer.from('16030100c8010000c40303', 'hex')
    let at = 0
    const drip = setInterval(() => slow.socket.write(hello.subarray(at, ++at)), 50)
    closers.push(() => clearInterval(drip))
    await Promise.all([silent.closed, slow.closed])
    expect((await api.askSecurely('/healthz')).status).toBe(200)
  })

  test('speaks TLS, and half a request: reads why it is closed after a while', async () => {
    const { secure } = await start({ limits: { requestMs: 300 } })
    const client = await dialSecurely(secure)
    client.socket.write('GET /healthz HTTP/1.1\r\nHost:')
    await client.closed
    expect(client.heard()).toMatch(/^HTTP\/1\.1 408 .*"request_timeout"/s)
  })
  test('speaks TLS, but no HTTP: reads why', async () => {
    const { secure } = await start()
    const client = await dialSecurely(secure)
    client.socket.write('what is this\r\n\r\n')
    await client.closed
    expect(client.heard()).toMatch(/^HTTP\/1\.1 400 .*"invalid_request"/s)
  })
})

describe('at the end', () => {
  test('the answer that is under way arrives, nobody new is taken, and handshakes hold up nothing', async () => {
    const figures = Promise.withResolvers<string>()
    let asked = false
    const metricsText = () => {
      asked = true
      return figures.promise
    }
    const lab = await apiLab()
    closers.push(() => lab.close())
    const { log } = lab.options.observe
    const api = await start({ observe: { log, metricsText }, limits: { closeMs: 60_000 } })
    const half = dial(api.secure)
    await once(half.socket, 'connect')
    const answer = api.askSecurely('/metrics')
    await until(() => asked)
    const closed = api.close()
    await half.closed
    await expect(api.askSecurely('/healthz')).rejects.toThrow('ECONNREFUSED')
    figures.resolve('figures')
    expect(await answer).toMatchObject({ status: 200, text: 'figures' })
    await closed
  })
  test.each(['HTTP', 'HTTPS'])(
    'an answer by %s that is still on its way arrives whole',
    async (by) => {
      const long = 'x'.repeat(8_000_000)
      const lab = await apiLab()
      closers.push(() => lab.close())
      const { log } = lab.options.observe
      const observe = { log, metricsText: async () => long }
      const api = await start({ observe, limits: { closeMs: 60_000 } })
      const client = by === 'HTTP' ? dial(api.port) : await dialSecurely(api.secure)
      client.socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
      await until(() => client.heard() !== '')
      client.socket.pause()
      const closed = api.close()
      await new Promise((resolve) => setTimeout(resolve, 50))
      client.socket.resume()
      await Promise.all([closed, client.closed])
      expect(client.heard().split('\r\n\r\n')[1]).toHaveLength(long.length)
    },
  )
  test('what does not end is cut', async () => {
    const lab = await apiLab()
    closers.push(() => lab.close())
    const { log } = lab.options.observe
    const observe = { log, metricsText: () => new Promise<string>(() => undefined) }
    const api = await start({ observe, limits: { closeMs: 100 } })
    const client = await dialSecurely(api.secure)
    client.socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await api.close()
    await client.closed
  })
})

test('another certificate counts from the next connection on', async () => {
  const api = await start()
  const shown = async () => (await dialSecurely(api.secure)).socket.getPeerCertificate().fingerprint
  const before = await shown()
  api.renewCertificate(another)
  expect(await shown()).not.toBe(before)
})

describe('a port that is taken', () => {
  test('is told in one line', async () => {
    const { secure } = await start()
    const https = { port: secure, certificate }
    await expect(start({ https })).rejects.toThrow(
      new RegExp(`^HTTPS port ${secure} on 127\\.0\\.0\\.1 is in use \\(RINGDOWN_HTTPS_PORT\\)$`),
    )
  })
  test('is done without where nobody asked for it', async () => {
    const { secure } = await start()
    const api = await start({ https: { port: secure, certificate, isOptional: true } })
    expect(api.httpsPort).toBeUndefined()
    expect((await api.ask('/healthz')).status).toBe(200)
  })
})
