/** A whole engine by HTTPS: its certificate, its feeds, and how it ends. */
import { once } from 'node:events'
import { request } from 'node:https'
import { connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { certificateFiles } from '../support/certificate-files.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  startEngine,
  testKey,
} from '../support/engine-process.ts'
import { askSecurely } from '../support/https-client.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(
  settings: Readonly<Record<string, string>> = {},
): Promise<EngineProcess & { secure: number }> {
  const secure = await freePort()
  const engine = await startEngine({ RINGDOWN_HTTPS_PORT: `${secure}`, ...settings })
  closers.push(engine.removeData, () => engine.stop())
  return { ...engine, secure }
}

async function fingerprintAt(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  expect(socket.getProtocol()).toBe('TLSv1.3')
  socket.destroy()
  return fingerprint256
}

test('its address is printed; who asks there asks by HTTPS; an old TLS is refused', async () => {
  const engine = await start({ RINGDOWN_PLAIN_HTTP: 'refuse', RINGDOWN_LAB: 'on' })
  await expect.poll(engine.output).toContain(`https://127.0.0.1:${engine.secure}/`)
  const headers = { 'x-api-key': testKey }
  expect((await engine.get('/v1/voice/calls')).status).toBe(403)
  const listed = await askSecurely(engine.secure, '/v1/voice/calls', { headers })
  expect([listed.status, JSON.parse(listed.text).total]).toEqual([200, 0])
  const documents = JSON.parse((await askSecurely(engine.secure, '/openapi')).text).documents
  expect(documents[0].url).toMatch(`https://127.0.0.1:${engine.secure}/`)
  const old = connect({
    ...{ port: engine.secure, host: '127.0.0.1', rejectUnauthorized: false },
    ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
  })
  await expect(once(old, 'secureConnect')).rejects.toThrow(/alert protocol version|unsupported/)
})

test('a certificate that is renewed is taken, and one that is none is not', async () => {
  const files = certificateFiles()
  closers.push(files.remove)
  const engine = await start({
    RINGDOWN_TLS_CERT: files.certFile,
    RINGDOWN_TLS_KEY: files.keyFile,
  })
  const first = await fingerprintAt(engine.secure)
  files.renew()
  engine.process.kill('SIGHUP')
  const second = await eventually(
    () => fingerprintAt(engine.secure),
    (seen) => seen !== first,
  )
  files.spoil()
  engine.process.kill('SIGHUP')
  await eventually(
    async () => engine.output(),
    (said) => said.includes('HTTPS keeps its certificate'),
  )
  expect(await fingerprintAt(engine.secure)).toBe(second)
})

test('a device follows its feed by HTTPS, and is told when the engine ends', async () => {
  const engine = await start()
  const made = await engine.send('POST', '/v1/voice/devices/1001/tokens', { ttl: 600 })
  const feed = request({
    ...{ host: '127.0.0.1', port: engine.secure, path: '/v1/voice/devices/1001/feed' },
    ...{ rejectUnauthorized: false, agent: false },
    headers: { authorization: `Bearer ${made.body.token}`, accept: 'text/event-stream' },
  })
  feed.end()
  const [answer] = await once(feed, 'response')
  let told = ''
  answer.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  expect(answer.statusCode).toBe(200)
  const ended = once(answer, 'end')
  expect(await engine.stop()).toBe(0)
  await ended
  expect(told).toContain('restart')
})
