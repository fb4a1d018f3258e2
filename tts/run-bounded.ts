import { spawn } from 'node:child_process'

export interface BoundedRun {
  readonly program: string
  /** Given to the program as they are; no shell sees them. */
  readonly args: readonly string[]
  readonly stdin: string
  readonly timeLimitMs: number
  readonly maxOutputBytes: number
  readonly signal: AbortSignal
}

/** Why a program gave no usable output. */
export class RunFault extends Error {
  override readonly name = 'RunFault'
}

const MAX_STDERR_CHARACTERS = 1000

/**
 * Runs a program and gives its standard output. It is killed when it takes too long, writes too much, or
 * the signal aborts. Rejects with RunFault, or with the signal's reason.
 */
export function runBounded(run: BoundedRun): Promise<Uint8Array> {
  const { program, args, signal } = run
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    let bytes = 0
    let complaint = ''
    let fault: unknown
    const kill = (why: unknown) => {
      fault ??= why
      child.kill('SIGKILL')
    }
    const onAbort = () => kill(signal.reason)
    const timer = setTimeout(
      () => kill(new RunFault(`${program} took longer than ${run.timeLimitMs} ms`)),
      run.timeLimitMs,
    )
    signal.addEventListener('abort', onAbort, { once: true })
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > run.maxOutputBytes) kill(new RunFault(`${program} wrote too much`))
      else output.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < MAX_STDERR_CHARACTERS) complaint += chunk.toString('utf8')
    })
    // A program that ends without reading its input closes the pipe; its exit code tells the reason.
    child.stdin.on('error', () => undefined)
    child.on('error', (error) => {
      fault ??= new RunFault(`${program} could not be started: ${error.message}`)
    })
    child.on('close', (code, killedBy) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      if (fault !== undefined) reject(fault)
      else if (code === 0) resolve(Buffer.concat(output))
      else reject(new RunFault(`${program} ended with ${code ?? killedBy}: ${oneLine(complaint)}`))
    })
    child.stdin.end(run.stdin)
  })
}

const oneLine = (text: string) =>
  text.replace(/\s+/g, ' ').trim().slice(0, MAX_STDERR_CHARACTERS) || 'no reason given'
