import { setTimeout as pause } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { type Happening, ThreadLink } from '../thread-link.ts'
import { Slot } from './slot.ts'

/** Resolves when the thread has said that it is ready; rejects with an Error when it does not come up. */
export type StartWorker = (index: number) => Promise<Worker>

export interface ThreadsEvents {
  happened(happening: Happening, slot: Slot): void
  /** With all that was in it; another one is being started. */
  died(slot: Slot, reason: string): void
  cameUp(slot: Slot): void
  /** There are no media threads any more. Once, unless it was wished for. */
  lost(reason: string): void
}

/** The one that has the ports of browsers. */
export const WEBRTC_THREAD = 0

/** Threads that die more often than this have a fault that starting them anew does not mend. */
const MOST_DEATHS = 5
const DEATHS_WITHIN_MS = 60_000
/** One that hangs while it ends, as on a disk, must not keep the next from beginning. */
const MOST_DYING_MS = 1000
/** Waits between attempts to start a thread: its ports may take a moment to be free. */
const retryAfterMs = [0, 50, 100, 200, 400, 800, 1600, 3200]

/** The media threads, each kept running. */
export class Threads {
  readonly slots: readonly Slot[]
  readonly #start: StartWorker | undefined
  readonly #events: ThreadsEvents
  #deathsAtMs: number[] = []
  #over = false

  /** `workers` run. Without `start` the death of one is the end of all. */
  constructor(workers: readonly Worker[], start: StartWorker | undefined, events: ThreadsEvents) {
    this.#start = start
    this.#events = events
    this.slots = workers.map((worker, index) => {
      const slot = new Slot(index)
      this.#run(slot, worker)
      return slot
    })
  }

  get up(): boolean {
    return this.slots.some((slot) => slot.up)
  }

  get countUp(): number {
    return this.slots.filter((slot) => slot.up).length
  }

  async shutDown(): Promise<void> {
    this.#over = true
    for (const slot of this.slots) slot.giveUp()
    await Promise.all(this.slots.map((slot) => slot.shutDown()))
  }

  #run(slot: Slot, worker: Worker): void {
    const link = new ThreadLink(
      worker,
      (happening) => {
        if (happening.is === 'busy') slot.busyShare = happening.share
        else this.#events.happened(happening, slot)
      },
      (reason) => this.#died(slot, reason),
    )
    slot.run(link)
  }

  #died(slot: Slot, reason: string): void {
    if (this.#over) return
    slot.fall()
    const nowMs = performance.now()
    this.#deathsAtMs = this.#deathsAtMs.filter((atMs) => nowMs - atMs < DEATHS_WITHIN_MS)
    this.#deathsAtMs.push(nowMs)
    if (!this.#start || this.#deathsAtMs.length >= MOST_DEATHS) {
      this.#giveUp(reason)
      return
    }
    this.#events.died(slot, reason)
    void this.#startAnew(slot, this.#start, reason)
  }

  async #startAnew(slot: Slot, start: StartWorker, reason: string): Promise<void> {
    let why = reason
    // It has the ports, and may still be writing to files that are gone on with.
    await Promise.race([slot.ended, pause(MOST_DYING_MS)])
    for (const waitMs of retryAfterMs) {
      await pause(waitMs)
      if (this.#over) return
      try {
        const worker = await start(slot.index)
        // It came too late.
        if (this.#over) await worker.terminate()
        else {
          this.#run(slot, worker)
          this.#events.cameUp(slot)
        }
        return
      } catch (error) {
        why = `${reason}; no new one starts: ${error instanceof Error ? error.message : String(error)}`
      }
    }
    this.#giveUp(why)
  }

  #giveUp(reason: string): void {
    if (this.#over) return
    this.#over = true
    for (const slot of this.slots) {
      slot.giveUp()
      void slot.shutDown()
    }
    this.#events.lost(reason)
  }
}
