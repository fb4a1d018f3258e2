import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { type EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sipServerIsSeparate, startSipServerProcess } from './sip-server-process.ts'

const root = resolve(import.meta.dirname, '../..')

/** A whole engine in a process of its own, on ports and in a folder of its own. */
export interface EngineProcess {
  readonly httpUrl: string
  readonly httpPort: number
  readonly sipPort: number
  /** for TLS, where there is a certificate */
  readonly tlsPort: number
  readonly apiKey: string
  readonly dataDir: string
  readonly process: ChildProcess
  /** Everything printed so far. */
  output(): string
  get(path: string): Promise<{ status: number; body: Json }>
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>
  /** SIGTERM (or the signal given), and the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  removeData(): void
}

// A test reads bodies of many shapes; each test checks what it reads.
// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape, checked where it is used
export type Json = any

export const testKey = 'sk_test_engine_0123456789'

let nextRange = randomInt(40)

/**
 * Ports for one engine that nobody uses now, whoever else runs tests on this machine. The audio ports
 * lie below those that the system gives out; an engine steps over one that is taken.
 */
async function ports(): Promise<{ http: number; sip: number; tls: number; rtp: string }> {
  const rtp = 12_000 + (nextRange++ % 40) * 400
  return {
    http: await freePort(),
    sip: await freePort(),
    tls: await freePort(),
    rtp: `${rtp}-${rtp + 399}`,
  }
}

/** Whoever asked for them may not listen there yet. */
const given = new Set<number>()

/** Free for both TCP and UDP, given to nobody else of this process, and below the ports that the system gives to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(28_500, 32_500)
    if (given.has(port)) continue
    const server = createServer()
    const socket = createSocket('udp4')
    const isFree = (await bound(server.listen(port))) && (await bound(socket.bind(port)))
    server.close()
    socket.close()
    if (!isFree) continue
    given.add(port)
    return port
  }
}

const bound = (listener: EventEmitter): Promise<boolean> =>
  once(listener, 'listening').then(
    () => true,
    () => false,
  )

export async function startEngine(
  settings: Readonly<Record<string, string>> = {},
  dataDir = mkdtempSync(join(tmpdir(), 'ringdown-')),
  /** The project, or a copy of it. */
  sources = root,
): Promise<EngineProcess> {
  try {
    return await startOnce(settings, dataDir, sources)
  } catch (error) {
    // Another test process took a port between our look at it and the engine's: there are others.
    const isOurs = !Object.keys(settings).some((name) => name.endsWith('_PORT'))
    if (!isOurs || !/ is in use/.test(String(error))) throw error
    return await startOnce(settings, dataDir, sources)
  }
}

async function startOnce(
  settings: Readonly<Record<string, string>>,
  dataDir: string,
  sources: string,
): Promise<EngineProcess> {
  const { http, sip, tls, rtp } = await ports()
  const server =
    sipServerIsSeparate && settings['RINGDOWN_DRACHTIO'] === undefined
      ? await startSipServerProcess({ sip, tls })
      : undefined
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    RINGDOWN_HTTP_PORT: String(http),
    RINGDOWN_HTTP_HOST: '127.0.0.1',
    RINGDOWN_SIP_PORT: String(sip),
    RINGDOWN_SIP_TLS_PORT: String(tls),
    RINGDOWN_HTTPS_PORT: 'off',
    RINGDOWN_RTP_PORTS: rtp,
    RINGDOWN_WEBRTC_PORT: '0',
    RINGDOWN_PUBLIC_ADDRESS: '127.0.0.1',
    RINGDOWN_DATA_DIR: dataDir,
    RINGDOWN_API_KEY: testKey,
    RINGDOWN_DRAIN_S: '1',
    ...(server && { RINGDOWN_DRACHTIO: server.control }),
    ...settings,
  }
  const child = spawn(join(root, 'node_modules/.bin/node'), ['engine/main.ts'], {
    cwd: sources,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString()
  })
  child.stderr?.on('data', (data: Buffer) => {
    text += data.toString()
  })
  const httpUrl = `http://127.0.0.1:${environment.RINGDOWN_HTTP_PORT}`
  try {
    await ready(child, httpUrl, () => text)
  } catch (error) {
    await server?.stop()
    throw error
  }
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(httpUrl + path, {
      method,
      headers: {
        'x-api-key': environment.RINGDOWN_API_KEY,
        authorization: `Bearer ${environment.RINGDOWN_API_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const content = await response.text()
    return { status: response.status, body: content === '' ? undefined : parse(content) }
  }
  return {
    httpUrl,
    httpPort: http,
    sipPort: sip,
    tlsPort: tls,
    apiKey: environment.RINGDOWN_API_KEY,
    dataDir,
    process: child,
    output: () => text,
    get: (path) => ask('GET', path),
    send: ask,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exit = once(child, 'exit')
      child.kill(signal)
      const [code] = await exit
      await server?.stop()
      return code
    },
    removeData: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

function parse(content: string): Json {
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

async function ready(child: ChildProcess, url: string, output: () => string): Promise<void> {
  const deadlineMs = Date.now() + 40_000
  while (Date.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`engine ended at its start:\n${output()}`)
    const isReady = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (isReady) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`engine not ready in time:\n${output()}`)
}

/** Asks again until `done`, at most `withinMs`; the error shows what was last seen. */
export async function eventually<T>(
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  withinMs = 15_000,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (done(seen)) return seen
    if (Date.now() > deadlineMs) throw new Error(`not in time; last seen: ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
