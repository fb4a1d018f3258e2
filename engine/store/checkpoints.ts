import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/** What the thread is told. */
export interface CheckpointWork {
  readonly path: string
  /** Of the same file, open for writing. */
  readonly descriptor: number
  /** It looks at the log so often. */
  readonly everyMs: number
  /** Pages of 4 KB that are copied into the database together. */
  readonly atPages: number
  /** With more than these the log begins anew, though somebody is writing. */
  readonly mostPages: number
}

/** `lend`: it wants to be alone. `done`: it no longer needs that. */
export type CheckpointWord = 'ready' | 'lend' | 'done'
/** `lent`: nobody else has the connection now. */
export type CheckpointOrder = 'lent' | 'stop'

/** SQLite's own: whoever commits copies. */
const ownPages = 1_000
type Bounds = Omit<CheckpointWork, 'path' | 'descriptor'>

const usual: Bounds = { everyMs: 250, atPages: ownPages, mostPages: 16_000 }

export interface CheckpointOptions extends Partial<Bounds> {
  /** Called when the thread has ended by itself: from then on commits copy, as is SQLite's own way. */
  readonly onLost?: (reason: string) => void
}

/**
 * Has SQLite's log (WAL) copied into the database by a thread, since each copy waits twice for the disk, on a
 * busy one for tenths of a second in which the calls would be held up. Commits are as durable as without it.
 *
 * The log begins anew only while nobody writes, for its first writer must wait for the disk too: the thread is
 * lent the connection then, whose other users wait without holding up anything else.
 */
export class Checkpoints {
  readonly #file: DatabaseSync
  readonly #thread: Worker
  readonly #lend: (use: () => Promise<void>) => Promise<void>
  readonly #gone = Promise.withResolvers<void>()
  #done: () => void = () => undefined
  #isStopping = false

  /** @param lend takes a turn of the connection and holds it while `use` runs */
  constructor(
    file: DatabaseSync,
    thread: Worker,
    lend: (use: () => Promise<void>) => Promise<void>,
    onLost: (reason: string) => void = () => undefined,
  ) {
    this.#file = file
    this.#thread = thread
    this.#lend = lend
    let reason = 'it ended'
    thread.on('message', (word: CheckpointWord) => this.#hear(word))
    thread.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    thread.on('exit', () => {
      this.#commitsCopyFrom(ownPages)
      this.#gone.resolve()
      if (!this.#isStopping) onLost(reason)
    })
  }

  /** Resolves when the thread has ended; what is in the log yet is copied by who closes the database. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#thread.ref()
    this.#order('stop')
    await this.#gone.promise
  }

  #hear(word: CheckpointWord): void {
    if (word === 'ready') this.#commitsCopyFrom(0)
    // Refused once the database is being closed: then there is nobody to lend to either.
    else if (word === 'lend') this.#lend(() => this.#use()).catch(() => undefined)
    else this.#done()
  }

  async #use(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#done = resolve
    this.#thread.ref()
    this.#order('lent')
    await Promise.race([promise, this.#gone.promise])
    this.#thread.unref()
  }

  #order(order: CheckpointOrder): void {
    this.#thread.postMessage(order)
  }

  /** 0: never. */
  #commitsCopyFrom(pages: number): void {
    if (this.#file.isOpen) this.#file.exec(`pragma wal_autocheckpoint = ${pages}`)
  }
}

/**
 * @param descriptor is not to be closed before the database is: to close any of a file takes away the locks that this
 * process has on it, and another process would take the log for one that nobody uses
 */
export function startThread(
  path: string,
  descriptor: number,
  bounds: Partial<Bounds> = {},
): Worker {
  const work: CheckpointWork = { ...usual, ...bounds, path, descriptor }
  const thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
    workerData: work,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  // A program that forgets to close its store ends all the same.
  thread.unref()
  return thread
}
