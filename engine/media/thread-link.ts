import type { Transferable, Worker } from 'node:worker_threads'
import { Failure } from '../core/failures.ts'
import type { Command, CommandName, Commands, Notice } from './messages.ts'

interface Pending {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
  /** What to say when the thread is gone; undefined: reject. */
  readonly ifLost: { readonly answer: unknown } | undefined
}

/** What the thread tells of a leg by itself. */
export type Happening = Exclude<Notice, { is: 'ready' | 'trouble' | 'answered' | 'refused' }>

/** A thread that does not end by itself within this is ended. */
const CLOSE_WAIT_MS = 5000

/** Commands to the media thread and their answers; what it tells; and that it is no more. */
export class ThreadLink {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  readonly #happened: (happening: Happening) => void
  readonly #lost: (reason: string) => void
  #lastId = 0
  #state: 'up' | 'closing' | 'gone' = 'up'

  /** `worker` has said that it is ready. `lost` is called once, unless the end was wished for. */
  constructor(
    worker: Worker,
    happened: (happening: Happening) => void,
    lost: (reason: string) => void,
  ) {
    this.#worker = worker
    this.#happened = happened
    this.#lost = lost
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#gone(`the media thread ended with code ${code}`)
        resolve()
      })
    })
    worker.on('message', (notice: Notice) => this.#notice(notice))
    worker.on('error', (error: unknown) => this.#gone(String(error)))
    worker.on('messageerror', (error) => {
      this.#gone(error.message)
      void worker.terminate()
    })
  }

  /** Resolves when nothing of it runs any more, which is a moment after it is known as gone. */
  get exited(): Promise<void> {
    return this.#exited
  }

  get up(): boolean {
    return this.#state === 'up'
  }

  /** When the thread is gone it resolves to `ifLost`, or rejects if that is not given. */
  ask<Name extends CommandName>(
    is: Name,
    ask: Commands[Name]['ask'],
    ifLost?: Commands[Name]['answer'],
    transfer: readonly Transferable[] = [],
  ): Promise<Commands[Name]['answer']> {
    const mild = ifLost === undefined ? undefined : { answer: ifLost }
    return new Promise((resolve, reject) => {
      const pending = { resolve: resolve as Pending['resolve'], reject, ifLost: mild }
      if (this.#state !== 'up') {
        settleLost(pending)
        return
      }
      this.#lastId += 1
      this.#pending.set(this.#lastId, pending)
      this.#worker.postMessage({ is, id: this.#lastId, ...ask } as unknown as Command, transfer)
    })
  }

  /** Asks the thread to end, and ends it if it does not. Idempotent. */
  async shutDown(): Promise<void> {
    if (this.#state === 'up') {
      const asked = this.ask('shutDown', {}, null)
      this.#state = 'closing'
      const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_WAIT_MS)
      await asked
      await this.#exited
      clearTimeout(timer)
    }
    await this.#exited
  }

  #notice(notice: Notice): void {
    switch (notice.is) {
      case 'answered':
        this.#take(notice.id)?.resolve(notice.answer)
        break
      case 'refused':
        this.#take(notice.id)?.reject(new Failure(notice.code, notice.message))
        break
      case 'ready':
      case 'trouble':
        break
      default:
        this.#happened(notice)
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  /** The thread is no more. Nobody waits on; the application is told, unless it was its own wish. */
  #gone(reason: string): void {
    if (this.#state === 'gone') return
    const wished = this.#state === 'closing'
    this.#state = 'gone'
    for (const pending of this.#pending.values()) settleLost(pending)
    this.#pending.clear()
    if (!wished) this.#lost(reason)
  }
}

function settleLost({ ifLost, resolve, reject }: Pending): void {
  if (ifLost) resolve(ifLost.answer)
  else reject(new Failure('no_media_port', 'The media thread is not running'))
}
