import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { Failure } from '../engine/core/failures.ts'

export interface StreamedRun {
  readonly program: string
  /** Given to the program as they are; no shell sees them. */
  readonly args: readonly string[]
  readonly stdin: string | Uint8Array
  /** For a program that opens its output by name (`/dev/stdout`), which it can not with a socket. */
  readonly opensOutput?: boolean
  readonly timeLimitMs: number
  readonly maxOutputBytes: number
  readonly signal: AbortSignal
  /** Default: that of the engine. */
  readonly environment?: NodeJS.ProcessEnv
}

const MAX_STDERR_CHARACTERS = 1000

const unavailable = (why: string, cause?: unknown) =>
  new Failure('speech_unavailable', why, undefined, { cause })

/**
 * Runs a program and gives its standard output as it comes. The program, with all that it has started, is killed when
 * it takes too long, writes too much, the signal aborts, or nobody reads on. Throws Failure `speech_unavailable`, or
 * the signal's reason.
 */
export async function* runStreamed(run: StreamedRun): AsyncGenerator<Uint8Array, void, undefined> {
  run.signal.throwIfAborted()
  const running = new Running(run)
  try {
    yield* running.output()
    await running.ended
    running.check()
  } finally {
    await running.close()
  }
}

class Running {
  readonly ended: Promise<void>
  readonly #run: StreamedRun
  readonly #child: ChildProcessWithoutNullStreams
  readonly #timer: NodeJS.Timeout
  readonly #onAbort = () => this.#kill(this.#run.signal.reason)
  #fault: unknown
  #complaint = ''
  #end: string | undefined

  constructor(run: StreamedRun) {
    const { program, signal, timeLimitMs } = run
    this.#run = run
    this.#child = started(run)
    this.#timer = setTimeout(
      () => this.#kill(unavailable(`${program} took longer than ${timeLimitMs} ms`)),
      timeLimitMs,
    )
    signal.addEventListener('abort', this.#onAbort, { once: true })
    this.ended = this.#follow()
  }

  async *output(): AsyncGenerator<Uint8Array, void, undefined> {
    let bytes = 0
    try {
      for await (const chunk of this.#child.stdout as AsyncIterable<Buffer>) {
        this.#throwFault()
        bytes += chunk.length
        if (bytes > this.#run.maxOutputBytes) {
          throw unavailable(`${this.#run.program} wrote too much`)
        }
        yield chunk
      }
    } catch (error) {
      // A stream that was torn down says so; why it was is known here.
      if (this.#fault === undefined) throw error
    }
    this.#throwFault()
  }

  /** Throws where the program has not ended well. */
  check(): void {
    this.#throwFault()
    if (this.#end === undefined) return
    const reason = oneLine(this.#complaint)
    throw unavailable(`${this.#run.program} ended with ${this.#end}: ${reason}`)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#run.signal.removeEventListener('abort', this.#onAbort)
    this.#kill(undefined)
    await this.ended
  }

  #follow(): Promise<void> {
    const child = this.#child
    child.stderr.on('data', (chunk: Buffer) => {
      if (this.#complaint.length < MAX_STDERR_CHARACTERS) this.#complaint += chunk.toString('utf8')
    })
    // A program that ends without reading its input closes the pipe; its exit code tells the reason.
    child.stdin.on('error', () => undefined)
    child.stdin.end(this.#run.stdin)
    return new Promise((resolve) => {
      child.on('error', (error) => {
        this.#kill(
          unavailable(`${this.#run.program} could not be started: ${error.message}`, error),
        )
        resolve()
      })
      child.on('exit', (code, signal) => {
        this.#end = code === 0 ? undefined : String(code ?? signal)
        // What it has left behind may hold its output open.
        this.#killGroup()
        resolve()
      })
    })
  }

  #kill(why: unknown): void {
    const { exitCode, signalCode, stdout } = this.#child
    if (exitCode !== null || signalCode !== null) return
    this.#fault ??= why
    stdout.destroy()
    this.#killGroup()
  }

  /** A program that is a script leaves nothing behind. */
  #killGroup(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault
  }
}

/** Through a pipe of the system; an end that is not well ends the shell as well. */
const PIPED = ['-c', '{ "$@" || kill $$; } | cat', 'sh']

function started(run: StreamedRun): ChildProcessWithoutNullStreams {
  const { program, args, environment, opensOutput = false } = run
  const [file, all] = opensOutput ? ['sh', [...PIPED, program, ...args]] : [program, args]
  try {
    const env = environment === undefined ? {} : { env: environment }
    return spawn(file, all, { stdio: 'pipe', detached: true, ...env })
  } catch (error) {
    throw unavailable(`${program} could not be started: ${String(error)}`, error)
  }
}

const oneLine = (text: string) =>
  text.replace(/\s+/g, ' ').trim().slice(0, MAX_STDERR_CHARACTERS) || 'no reason given'
