import { Worker } from 'node:worker_threads'
import type { FromThread, ToThread } from './thread.ts'

/** The audio of a recording, plain. */
export interface PlainAudio {
  readonly format: 'wav' | 'opus'
  readonly bytes: AsyncIterable<Uint8Array>
}

/** The audio could be had, but it is not what it should be. */
export class UnreadableAudio extends Error {
  override readonly name = 'UnreadableAudio'
}

/** Pieces on their way to the thread. */
const mostUnderWay = 8
/** Recordings come in bursts: the thread stays for the next one. */
const idleMs = 10_000

/** Makes files of peaks, one at a time, in a thread of its own with less right to the processor than others. */
export class PeakMaker {
  #thread: PeakThread | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #idle: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  /**
   * Makes the file at `path`, whole or not at all. `audio` is asked for when it is its turn. Rejects with UnreadableAudio
   * when it is no recording, and with what `audio` rejects with.
   */
  make(path: string, audio: () => Promise<PlainAudio>): Promise<void> {
    const made = this.#turn.then(() => this.#make(path, audio))
    this.#turn = made.catch(() => undefined)
    return made
  }

  /** Whatever is under way is given up. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idle)
    await this.#thread?.stop()
  }

  async #make(path: string, audio: () => Promise<PlainAudio>): Promise<void> {
    if (this.#isClosed) throw new Error('the engine is shutting down')
    const { format, bytes } = await audio()
    clearTimeout(this.#idle)
    this.#thread = this.#thread?.isUp ? this.#thread : new PeakThread()
    const thread = this.#thread
    try {
      await thread.carryOut({ begin: format, path }, bytes)
    } finally {
      this.#idle = setTimeout(() => void thread.stop(), idleMs).unref()
    }
  }
}

class PeakThread {
  readonly #worker: Worker
  /** Who waits for the thread; called with each of its answers. */
  #hear: (answer: FromThread | Error) => void = () => undefined
  isUp = true

  constructor() {
    this.#worker = new Worker(new URL('./thread.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.unref()
    this.#worker.on('message', (answer: FromThread) => this.#hear(answer))
    this.#worker.on('error', (error) => this.#gone(error))
    this.#worker.on('exit', () => this.#gone(new Error('the thread of peaks has ended')))
  }

  async carryOut(
    begin: Extract<ToThread, { begin: string }>,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const done = Promise.withResolvers<void>()
    done.promise.catch(() => undefined)
    let underWay = 0
    let room = Promise.withResolvers<void>()
    let hasFailed = false
    this.#hear = (answer) => {
      if (answer === 'taken') underWay--
      else if (answer === 'done') done.resolve()
      else {
        hasFailed = true
        done.reject(answer instanceof Error ? answer : new UnreadableAudio(answer.fault))
      }
      room.resolve()
    }
    this.#send(begin)
    try {
      for await (const piece of bytes) {
        while (underWay >= mostUnderWay && !hasFailed) {
          room = Promise.withResolvers()
          await room.promise
        }
        if (hasFailed) break
        underWay++
        this.#send({ bytes: piece })
      }
    } catch (error) {
      this.#send('drop')
      throw error
    }
    this.#send('end')
    await done.promise
  }

  async stop(): Promise<void> {
    this.isUp = false
    await this.#worker.terminate()
  }

  #send(message: ToThread): void {
    if (typeof message === 'string' || 'begin' in message) {
      this.#worker.postMessage(message)
      return
    }
    // A piece may be part of a larger buffer, so it is copied before it is given away.
    const bytes = new Uint8Array(message.bytes)
    this.#worker.postMessage({ bytes } satisfies ToThread, [bytes.buffer])
  }

  #gone(error: Error): void {
    this.isUp = false
    this.#hear(error)
  }
}
