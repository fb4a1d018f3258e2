import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const compiled = process.env['NODE_COMPILE_CACHE']

export interface Run {
  /** Null when it had to be killed, which means that it started after all or hangs. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the engine until it ends by itself, on ports that the system chooses unless told otherwise. */
export async function runEngine(
  settings: Readonly<Record<string, string>>,
  withinMs = 200_000,
  /** A signal, sent when this is printed. */
  told?: { readonly by: NodeJS.Signals; readonly at: string },
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-fault-'))
  const child = spawn(join(root, 'node_modules/.bin/node'), ['engine/main.ts'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      RINGDOWN_HTTP_PORT: '0',
      RINGDOWN_HTTP_HOST: '127.0.0.1',
      RINGDOWN_HTTPS_PORT: 'off',
      RINGDOWN_SIP_PORT: '0',
      RINGDOWN_SIP_TLS_PORT: '0',
      RINGDOWN_SIP_HOST: '127.0.0.1',
      RINGDOWN_WEBRTC_PORT: '0',
      RINGDOWN_DATA_DIR: folder,
      ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString()
    if (told && !child.killed && stdout.includes(told.at)) child.kill(told.by)
  })
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString()
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  try {
    const [code] = await once(child, 'close')
    return { code, stdout, stderr }
  } finally {
    clearTimeout(timer)
    rmSync(folder, { recursive: true, force: true })
  }
}
