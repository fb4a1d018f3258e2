import { type ChildProcess, fork } from 'node:child_process'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FromChild, Job, ToChild, Yield } from './jobs.ts'
import { Outcome } from './outcome.ts'

export interface SherpaProcessOptions {
  /** Models that stay loaded, of each sort. */
  readonly modelsKept: number
  /** From the moment at which a job begins; it includes the loading of its model. */
  readonly timeLimitMs: number
  /** Jobs that wait or run; more are refused. */
  readonly maxJobs: number
  /** It is ended, and its memory free, after this long without a job. */
  readonly idleMs: number
  /** 0 to 19: how much it gives way to the calls. */
  readonly niceness: number
  /** None of our settings and secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Why a job came to nothing, for people. */
export class SherpaFault extends Error {
  override readonly name = 'SherpaFault'
}

interface Started {
  readonly order: Job
  readonly outcome: Outcome<Yield>
  hasBegun: boolean
}

const MAX_COMPLAINT_CHARACTERS = 2000
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

/**
 * A process that speaks and listens. It is started when first needed. When it ends of itself, or is killed
 * because a job takes too long, that job fails; those that had not begun go to the next one.
 */
export class SherpaProcess {
  readonly #options: SherpaProcessOptions
  readonly #jobs = new Map<number, Started>()
  #child: ChildProcess | undefined
  #complaint = ''
  #lastJob = 0
  #idle: NodeJS.Timeout | undefined
  /** Of the job that has begun, also when nobody wants it any more: it keeps the others waiting. */
  #watch: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: SherpaProcessOptions) {
    this.#options = options
  }

  /** Of the process that runs now, if any. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /**
   * What comes of a job, as it comes; leaving the loop calls it off. Throws SherpaFault, or the signal's
   * reason.
   */
  async *run(order: Job, signal: AbortSignal): AsyncGenerator<Yield, void, undefined> {
    signal.throwIfAborted()
    if (this.#isClosed) throw new SherpaFault('the engine is closing')
    if (this.#jobs.size >= this.#options.maxJobs) throw new SherpaFault('too much is waiting')
    this.#lastJob += 1
    const job = this.#lastJob
    const outcome = new Outcome<Yield>()
    this.#jobs.set(job, { order, outcome, hasBegun: false })
    const onAbort = (): void => outcome.fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      this.#send({ job, order })
      yield* outcome
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#forget(job)
    }
  }

  /** Ends the process; all jobs fail. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idle)
    for (const { outcome } of this.#jobs.values())
      outcome.fail(new SherpaFault('the engine is closing'))
    const child = this.#child
    if (child === undefined) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  #send(message: ToChild): void {
    clearTimeout(this.#idle)
    this.#child ??= this.#start()
    // A process that is ending takes nothing more: its end is told by `exit`.
    this.#child.send(message, () => undefined)
  }

  #start(): ChildProcess {
    const child = fork(CHILD, [String(this.#options.modelsKept)], {
      env: { ...this.#options.environment },
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#complaint = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      if (this.#child !== child) return
      this.#complaint = (this.#complaint + bytes.toString('utf8')).slice(-MAX_COMPLAINT_CHARACTERS)
    })
    child.on('message', (message: FromChild) => this.#hear(message))
    child.on('error', (error) => this.#ended(child, `could not be started: ${error.message}`))
    child.on('close', (code, killedBy) => this.#ended(child, `ended with ${code ?? killedBy}`))
    if (child.pid !== undefined) giveWay(child.pid, this.#options.niceness)
    return child
  }

  #hear(message: FromChild): void {
    const started = this.#jobs.get(message.job)
    switch (message.tells) {
      case 'begun':
        if (started) started.hasBegun = true
        clearTimeout(this.#watch)
        this.#watch = setTimeout(() => this.#tooLong(message.job), this.#options.timeLimitMs)
        break
      case 'yield':
        started?.outcome.add(message.yield)
        break
      case 'done':
        clearTimeout(this.#watch)
        started?.outcome.end()
        break
      case 'failed':
        clearTimeout(this.#watch)
        started?.outcome.fail(new SherpaFault(`sherpa-onnx: ${oneLine(message.why)}`))
        break
    }
  }

  #tooLong(job: number): void {
    const why = `sherpa-onnx took longer than ${this.#options.timeLimitMs} ms`
    this.#jobs.get(job)?.outcome.fail(new SherpaFault(why))
    this.#child?.kill('SIGKILL')
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    clearTimeout(this.#watch)
    const complaint = oneLine(this.#complaint)
    const why = `sherpa-onnx ${how}${complaint === '' ? '' : `: ${complaint}`}`
    const left = [...this.#jobs]
    for (const [, { hasBegun, outcome }] of left) if (hasBegun) outcome.fail(new SherpaFault(why))
    // Not the fault of those: unless none of them could begin.
    const waiting = left.filter(([, { hasBegun }]) => !hasBegun)
    if (this.#isClosed || waiting.length === left.length) {
      for (const [, { outcome }] of waiting) outcome.fail(new SherpaFault(why))
    } else {
      for (const [job, { order }] of waiting) this.#send({ job, order })
    }
  }

  #forget(job: number): void {
    const started = this.#jobs.get(job)
    this.#jobs.delete(job)
    if (started?.outcome.isDone === false)
      this.#child?.send({ job } satisfies ToChild, () => undefined)
    if (this.#jobs.size > 0 || this.#isClosed) return
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.#child?.kill('SIGKILL'), this.#options.idleMs)
    this.#idle.unref()
  }
}

/** What the package says of a file it can not read is of several lines. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(-500)

function giveWay(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness)
  } catch {
    // It has ended already, or the system does not let us: it works all the same.
  }
}
