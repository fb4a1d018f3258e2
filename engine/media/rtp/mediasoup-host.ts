import { setTimeout as pause } from 'node:timers/promises'
import type { types } from 'mediasoup'
import { Failure } from '../../core/failures.ts'
import { closeMediasoupWorker } from '../mediasoup.ts'

/** A worker program and what is kept open in it. */
export interface HostedWorker {
  readonly worker: types.Worker
  /** Where browsers come in, if they do. */
  readonly webRtcServer: types.WebRtcServer | undefined
}

/** Waits between attempts to start a worker anew; the last one again and again. */
const retryAfterMs = [0, 100, 200, 400, 800, 1600, 3200, 6400]
/** Nobody who wants a worker waits longer for one that is being started anew. */
const PATIENCE_MS = 3000

/**
 * Keeps one mediasoup worker running. One that dies is replaced at once; what was in it is gone, and whoever had
 * something there is told, and builds it anew in the next one.
 */
export class MediasoupHost {
  readonly #start: () => Promise<HostedWorker>
  /** Something in it went wrong; in words for a log. */
  readonly trouble: (message: string) => void
  readonly #watchers = new Set<() => void>()
  #current: HostedWorker | undefined
  #starting: Promise<HostedWorker | undefined>
  #closed = false

  /** `first` runs; `start` makes one like it. `trouble` is told of deaths, and of what those who use it tell it. */
  constructor(
    first: HostedWorker,
    start: () => Promise<HostedWorker>,
    trouble: (message: string) => void,
  ) {
    this.#start = start
    this.trouble = trouble
    this.#starting = Promise.resolve(first)
    this.#take(first)
  }

  /** Calls back whenever a worker died. Returns what ends that. */
  onDeath(tell: () => void): () => void {
    this.#watchers.add(tell)
    return () => this.#watchers.delete(tell)
  }

  /** The worker that runs, or the one that is being started in its place. @throws Failure `no_media_port`. */
  async current(): Promise<HostedWorker> {
    if (this.#current) return this.#current
    const ran = await Promise.race([this.#starting, pause(PATIENCE_MS, undefined, { ref: false })])
    if (ran && !this.#closed) return ran
    throw new Failure('no_media_port', 'The mediasoup worker is not running')
  }

  async close(): Promise<void> {
    this.#closed = true
    const running = this.#current
    this.#current = undefined
    if (running) await closeMediasoupWorker(running.worker)
    await this.#starting
  }

  #take(hosted: HostedWorker): void {
    this.#current = hosted
    hosted.worker.once('died', (error) => {
      this.#current = undefined
      if (this.#closed) return
      this.trouble(`the mediasoup worker died and is started anew: ${error.message}`)
      this.#starting = this.#startAnew()
      for (const tell of this.#watchers) tell()
    })
  }

  async #startAnew(): Promise<HostedWorker | undefined> {
    for (let attempt = 0; !this.#closed; attempt++) {
      await pause(retryAfterMs[Math.min(attempt, retryAfterMs.length - 1)], undefined, {
        ref: false,
      })
      const hosted = await this.#attempt()
      if (hosted) return hosted
    }
    return undefined
  }

  async #attempt(): Promise<HostedWorker | undefined> {
    try {
      const hosted = await this.#start()
      if (this.#closed) {
        await closeMediasoupWorker(hosted.worker)
        return undefined
      }
      this.#take(hosted)
      return hosted
    } catch (error) {
      this.trouble(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
}
