import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { audioPorts, freePort } from './free-port.ts'
import { printed } from './log-lines.ts'
import { sipServerIsSeparate, startSipServerProcess } from './sip-server-process.ts'

export { freePort }

const root = resolve(import.meta.dirname, '../..')
const compiled = process.env['NODE_COMPILE_CACHE']

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

export const testKey = 'sk_live_engine_0123456789'

/** Ports for one engine that nobody uses now, whoever else runs tests on this machine. */
async function ports(): Promise<{ http: number; sip: number; tls: number; rtp: string }> {
  return {
    http: await freePort(),
    sip: await freePort(),
    tls: await freePort(),
    rtp: await audioPorts(),
  }
}

export async function startEngine(
  settings: Readonly<Record<string, string>> = {},
  dataDir = mkdtempSync(join(tmpdir(), 'ringdown-')),
  /** The project, or a copy of it. */
  sources = root,
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
    // Disks of machines that test may be fuller than those that record.
    RINGDOWN_RECORDINGS_MIN_FREE: '20MB',
    ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }),
    ...(server && { RINGDOWN_DRACHTIO: server.control }),
    ...settings,
  }
  const child = spawn(join(root, 'node_modules/.bin/node'), ['engine/main.ts'], {
    cwd: sources,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = printed(child)
  const httpUrl = `http://127.0.0.1:${environment.RINGDOWN_HTTP_PORT}`
  try {
    await ready(child, httpUrl, output)
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
    output,
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
    // Its voices and transcribers, which are processes of their own, end a moment later.
    removeData: () =>
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
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
  const deadlineMs = Date.now() + 200_000
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
  withinMs = 30_000,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (done(seen)) return seen
    if (Date.now() > deadlineMs) throw new Error(`not in time; last seen: ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
