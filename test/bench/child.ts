import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'

/** What the children of a bench say: the answer to the n-th question, or what went wrong with it. */
export interface Said {
  readonly n: number
  readonly answer?: unknown
  readonly error?: string
}

export interface ChildOptions {
  /** The core that it may use, counted from 0; without that many cores, or without taskset, any. */
  readonly core?: number
  readonly execArgv?: readonly string[]
}

const canPin = process.platform === 'linux' && cpus().length > 1

/** A process of a bench that answers questions, one program file each. */
export class BenchChild {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #asked = 0
  #output = ''

  constructor(program: URL, { core, execArgv = [] }: ChildOptions = {}) {
    const node = ['--disable-warning=ExperimentalWarning', ...execArgv]
    const pin =
      core !== undefined && canPin
        ? { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...node] }
        : { execArgv: node }
    const stdio = ['ignore', 'inherit', 'pipe', 'ipc'] as const
    const child = fork(program, { ...pin, stdio: [...stdio] })
    this.#child = child
    child.stderr?.on('data', (data: Buffer) => {
      this.#output += data.toString()
    })
    child.on('message', ({ n, answer, error }: Said) => {
      const waiting = this.#waiting.get(n)
      this.#waiting.delete(n)
      if (error === undefined) waiting?.resolve(answer)
      else waiting?.reject(new Error(error))
    })
    child.once('exit', () => {
      const over = new Error(`${program.pathname} has ended: ${this.#output.slice(-2000)}`)
      for (const { reject } of this.#waiting.values()) reject(over)
      this.#waiting.clear()
    })
    child.once('error', (error) => {
      this.#output += error.message
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** What it wrote to standard error, where Node tells the inspector's address. */
  output(): string {
    return this.#output
  }

  /** Rejects with what the child says went wrong, or when it ends. */
  async ask<Answer>(question: object): Promise<Answer> {
    const n = ++this.#asked
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(n, waiting)
    this.#child.send({ n, question })
    return (await waiting.promise) as Answer
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}

/** The child's side: answers each question, and ends when nobody asks any more. */
export function answering<Question>(
  answer: (question: Question) => Promise<unknown>,
  leave: () => Promise<void> = async () => {},
): void {
  process.on('message', ({ n, question }: { n: number; question: Question }) => {
    answer(question).then(
      (said) => process.send?.({ n, answer: said } satisfies Said),
      (error: unknown) => process.send?.({ n, error: String(error) } satisfies Said),
    )
  })
  process.on('disconnect', () => {
    void leave().finally(() => process.exit(0))
  })
}
