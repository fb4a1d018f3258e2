// s3rver as a process of its own: one that can die in the middle of an upload, and come back.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

export const bucket = 'recordings'
/** The only ones that it knows. */
export const credentials = { accessKey: 'S3RVER', secretKey: 'S3RVER' } as const

const program = join(import.meta.dirname, '../../node_modules/s3rver/bin/s3rver.js')

export class S3Server {
  readonly port: number
  readonly #folder: string
  #child: ChildProcess | undefined

  constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    mkdirSync(join(this.#folder, bucket), { recursive: true })
    const address = ['--address', '127.0.0.1', '--port', String(this.port)]
    const args = ['--directory', this.#folder, '--silent', '--configure-bucket', bucket]
    this.#child = spawn(process.execPath, [program, ...address, ...args], { stdio: 'ignore' })
    for (let tries = 0; tries < 1200; tries++) {
      if (this.#child.exitCode !== null) throw new Error(`s3rver ended (${this.#child.exitCode})`)
      const answer = await fetch(this.endpoint).catch(() => undefined)
      if (answer) {
        await answer.body?.cancel()
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error('s3rver does not answer')
  }

  /** At once, whatever it is doing. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
