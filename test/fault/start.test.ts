import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { startSipServer } from '../../engine/sip-server/index.ts'
import { certificateFiles } from '../support/certificate-files.ts'
import { startEngine } from '../support/engine-process.ts'
import { type Run, runEngine } from './run-engine.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** What a person sees: lines on stderr, exit code 1, no trace of where in our sources it happened. */
function expectOneLine(run: Run, says: RegExp): void {
  expect(run.stderr).toMatch(/^ringdown: [^\n]+\n$/)
  expect(run.stderr).toMatch(says)
  expect(run.stdout + run.stderr).not.toMatch(/^\s+at .+:\d+:\d+/m)
  expect(run.code).toBe(1)
}

async function tcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as { port: number }).port
}

async function udpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closers.push(() => socket.close())
  return socket.address().port
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ringdown-start-'))
  closers.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('HTTP port in use', async () => {
  const port = await tcpPort()
  const run = await runEngine({ RINGDOWN_HTTP_PORT: `${port}` })
  expectOneLine(run, new RegExp(`HTTP port ${port} .*in use`))
})

test('SIP on an address that the machine does not have', async () => {
  const run = await runEngine({ RINGDOWN_SIP_HOST: '192.0.2.1' })
  expectOneLine(run, /RINGDOWN_SIP_HOST 192\.0\.2\.1 is not an address of this machine/)
})

describe('HTTPS port in use', () => {
  test('that was named', async () => {
    const port = await tcpPort()
    const run = await runEngine({ RINGDOWN_HTTPS_PORT: `${port}` })
    expectOneLine(run, new RegExp(`HTTPS port ${port} .*in use`))
  })
  test('that only a certificate of our own wants: it starts without', async () => {
    // by whomever: it is in use afterwards
    const usual = createServer().listen(8443, '127.0.0.1')
    closers.push(() => usual.close())
    await once(usual, 'listening').catch(() => undefined)
    const engine = await startEngine({ RINGDOWN_HTTPS_PORT: 'auto' })
    closers.push(engine.removeData, () => engine.stop())
    await expect.poll(engine.output).toContain('there is no HTTPS')
  })
})

test.each([
  ['TCP', tcpPort],
  ['UDP', udpPort],
] as const)('SIP port in use by %s', async (_transport, occupy) => {
  const port = await occupy()
  const run = await runEngine({ RINGDOWN_SIP_PORT: `${port}` })
  expectOneLine(run, new RegExp(`SIP port ${port} .*in use`))
})

describe('TLS', () => {
  test('files that are no certificate', async () => {
    const path = join(folder(), 'bad.pem')
    writeFileSync(path, 'this is not PEM')
    const run = await runEngine({ RINGDOWN_TLS_CERT: path, RINGDOWN_TLS_KEY: path })
    expectOneLine(run, new RegExp(`TLS: certificate ${path} .* is not usable`))
  })
  test('files that are not there', async () => {
    const files = { RINGDOWN_TLS_CERT: '/nowhere/a.pem', RINGDOWN_TLS_KEY: '/nowhere/b.pem' }
    expectOneLine(await runEngine(files), /TLS: \/nowhere\/a\.pem can not be read/)
  })
  test('its port in use, for a certificate that was set', async () => {
    const port = await tcpPort()
    const { certFile, keyFile, remove } = certificateFiles()
    closers.push(remove)
    const run = await runEngine({
      RINGDOWN_SIP_TLS_PORT: `${port}`,
      RINGDOWN_TLS_CERT: certFile,
      RINGDOWN_TLS_KEY: keyFile,
    })
    expectOneLine(run, new RegExp(`SIP port ${port} \\(TLS\\) .*in use`))
  })
  test('its port in use, for a certificate of our own: it starts without', async () => {
    const port = await tcpPort()
    const engine = await startEngine({ RINGDOWN_SIP_TLS_PORT: `${port}` })
    await expect.poll(engine.output).toContain('there is no TLS')
    expect(await engine.stop()).toBe(0)
    engine.removeData()
  })
})

test.each([
  ['below a file', (path: string) => join(path, 'file', 'data')],
  ['a file itself', (path: string) => join(path, 'file')],
  ['where nobody may write', () => '/proc/ringdown'],
])('data folder %s', async (_name, where) => {
  const path = folder()
  writeFileSync(join(path, 'file'), 'not a folder')
  const data = where(path)
  const run = await runEngine({ RINGDOWN_DATA_DIR: data })
  expectOneLine(run, new RegExp(`${data}.*: `))
})

test.each([
  ['text', Buffer.from('this is not a database\n'.repeat(500))],
  ['a cut off header', Buffer.from('SQLite format 3\0'.repeat(2))],
])('a database that is %s', async (_name, content) => {
  const path = folder()
  writeFileSync(join(path, 'ringdown.db'), content)
  const run = await runEngine({ RINGDOWN_DATA_DIR: path })
  expectOneLine(run, /ringdown\.db.*not a database/)
})

test('no mediasoup worker, where all audio goes through it', async () => {
  const missing = { MEDIASOUP_WORKER_BIN: '/nonexistent/worker' }
  const run = await runEngine({ ...missing, RINGDOWN_PLAIN_RTP: 'mediasoup' })
  expectOneLine(run, /mediasoup worker .*npm start/)
})

test('no mediasoup worker: there are no calls of browsers, but all others', async () => {
  const engine = await startEngine({ MEDIASOUP_WORKER_BIN: '/nonexistent/worker' })
  closers.push(engine.removeData, () => engine.stop())
  await expect.poll(engine.output).toMatch(/calls of browsers are not possible: .*npm start/)
})

test('port for browsers in use', async () => {
  const port = await tcpPort()
  const run = await runEngine({ RINGDOWN_WEBRTC_PORT: `${port}` })
  expectOneLine(run, new RegExp(`port ${port} for browsers.*in use`))
})

test('several bad settings are all told, each in a line of its own', async () => {
  const run = await runEngine({
    RINGDOWN_HTTP_PORT: '99999',
    RINGDOWN_RTP_PORTS: '20000-10000',
    RINGDOWN_API_KEY: 'hush',
    RINGDOWN_DRACHTIO: 'hush:hush',
    RINGDOWN_SIP_PROT: '5060',
  })
  expect(run.code).toBe(1)
  const faults = [
    /^.*RINGDOWN_HTTP_PORT .*"99999"$/m,
    /^.*RINGDOWN_RTP_PORTS .*"20000-10000"$/m,
    /^.*RINGDOWN_API_KEY [^"]*$/m,
    /^.*RINGDOWN_DRACHTIO [^"]*$/m,
    /^.*RINGDOWN_SIP_PROT .*did you mean RINGDOWN_SIP_PORT/m,
  ]
  for (const fault of faults) expect(run.stderr).toMatch(fault)
  expect(run.stderr).not.toMatch(/hush|^\s+at /m)
  expect(run.stderr.trim().split('\n').length).toBeLessThanOrEqual(faults.length + 1)
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s while it starts: it ends in good order',
  async (by) => {
    const run = await runEngine({}, undefined, { by, at: 'media threads are up' })
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toContain('draining')
  },
)

test('a control port where nobody listens', async () => {
  const socket = createServer().listen(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address() as { port: number }
  await new Promise((done) => socket.close(done))
  const run = await runEngine({ RINGDOWN_DRACHTIO: `127.0.0.1:${port}:secret` })
  expectOneLine(run, new RegExp(`RINGDOWN_DRACHTIO: .*127\\.0\\.0\\.1:${port}`))
  expect(run.stdout.match(/ECONNREFUSED/g)).toHaveLength(1)
})

test('a control port that takes another secret', async () => {
  const server = await startSipServer({
    host: '127.0.0.1',
    port: 0,
    transports: ['udp'],
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret: 'right-one',
  })
  closers.push(() => server.close())
  const run = await runEngine({ RINGDOWN_DRACHTIO: `127.0.0.1:${server.controlPort}:other-one` })
  expectOneLine(run, /failed to authenticate/)
  expect(run.stderr).not.toContain('other-one')
})
