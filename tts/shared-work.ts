import { Failure } from '../engine/core/failures.ts'

interface Shared<T> {
  readonly result: Promise<T>
  readonly stop: AbortController
  waiting: number
}

export interface SharedWorkOptions {
  /** Done at the same time; others wait their turn. */
  readonly atOnce: number
  /** More than this many waiting are refused. */
  readonly maxWaiting: number
}

/**
 * Work by key: whoever asks for what is being made gets that. The work is stopped when all who asked have
 * gone away. Bounded in what runs and in what waits.
 */
export class SharedWork<T> {
  readonly #options: SharedWorkOptions
  readonly #shared = new Map<string, Shared<T>>()
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(options: SharedWorkOptions) {
    this.#options = options
  }

  /** Rejects with what `make` rejects with, the signal's reason, or Failure `speech_unavailable`. */
  async do(
    key: string,
    signal: AbortSignal | undefined,
    make: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    const shared = this.#shared.get(key) ?? this.#start(key, make)
    shared.waiting += 1
    try {
      return await unlessAborted(shared.result, signal)
    } finally {
      shared.waiting -= 1
      if (shared.waiting === 0) this.#leave(key, shared)
    }
  }

  #start(key: string, make: (signal: AbortSignal) => Promise<T>): Shared<T> {
    if (this.#queue.length >= this.#options.maxWaiting) {
      throw new Failure('speech_unavailable', 'Too much speech is being made at the moment')
    }
    const stop = new AbortController()
    const shared: Shared<T> = { result: this.#inTurn(stop.signal, make), stop, waiting: 0 }
    this.#shared.set(key, shared)
    return shared
  }

  /** Nobody waits any more: the work is done, or no longer wanted. */
  #leave(key: string, shared: Shared<T>): void {
    if (this.#shared.get(key) === shared) this.#shared.delete(key)
    shared.stop.abort()
    shared.result.catch(() => undefined)
  }

  async #inTurn(signal: AbortSignal, make: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.atOnce) {
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    } else {
      this.#running += 1
    }
    try {
      signal.throwIfAborted()
      return await make(signal)
    } finally {
      const next = this.#queue.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}

function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return result
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    result.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
  })
}
