import { failureOf } from './failure.ts'
import { FrameRingReader } from './frame-ring.ts'
import { OpusFile, type SyncFileCalls, syncFiles } from './ogg/opus-file.ts'
import type { OpusAsk, OpusTold } from './opus-messages.ts'

interface OpenFile {
  readonly file: OpusFile
  readonly ring: FrameRingReader
  syncedAtMs: number
}

interface DeskOptions {
  readonly tell: (told: OpusTold) => void
  readonly nowMs: () => number
  /** 32 random bits. */
  readonly random: () => number
  readonly files?: SyncFileCalls
}

const SYNC_EVERY_MS = 1000
/** A slow disk is not asked to be safe so often that nothing else is done. */
const SYNC_SHARE_MS = 120

/** All Opus files of one media thread: takes what waits in their rings, and keeps them safe on the disk. */
export class OpusDesk {
  readonly #options: DeskOptions
  readonly #open = new Map<number, OpenFile>()

  constructor(options: DeskOptions) {
    this.#options = options
  }

  ask(ask: OpusAsk): void {
    if (ask.is === 'open') this.#begin(ask)
    else this.#end(ask)
  }

  /** To be called several times a second. */
  work(): void {
    for (const [id, one] of this.#open) this.#try(id, one, () => this.#drain(one))
    this.#sync()
  }

  #begin({ id, goesOnAt, ring, ...terms }: Extract<OpusAsk, { is: 'open' }>): void {
    const { files = syncFiles, random, nowMs, tell } = this.#options
    const goesOn = goesOnAt !== undefined
    try {
      const file = new OpusFile({ ...terms, goesOn, serial: random() >>> 0 }, files)
      const one = { file, ring: new FrameRingReader(ring, terms), syncedAtMs: nowMs() }
      this.#open.set(id, one)
      if (!goesOn) return
      const { samples } = file
      tell({ is: 'found', id, samples })
      this.#try(id, one, () => file.writeSilence(Math.max(0, goesOnAt - samples)))
    } catch (error) {
      tell({ is: 'ended', id, durationMs: 0, bytes: 0, failure: failureOf(error) })
    }
  }

  #end({ id, owed, ends }: Extract<OpusAsk, { is: 'close' }>): void {
    const one = this.#open.get(id)
    if (!one) return
    this.#try(id, one, () => {
      this.#drain(one)
      one.file.writeSilence(owed)
      this.#open.delete(id)
      one.file.close(ends)
      const { durationMs, bytes } = one.file
      this.#options.tell({ is: 'ended', id, durationMs, bytes, failure: null })
    })
  }

  #drain({ file, ring }: OpenFile): void {
    ring.drain((samples, at, count) => file.write(samples, at, count))
  }

  /** Those that have waited the longest first, for as long as there is time. */
  #sync(): void {
    const { nowMs } = this.#options
    const beganMs = nowMs()
    for (const [id, one] of this.#open) {
      const atMs = nowMs()
      if (atMs - one.syncedAtMs < SYNC_EVERY_MS) continue
      if (atMs - beganMs > SYNC_SHARE_MS) return
      one.syncedAtMs = atMs
      this.#try(id, one, () => one.file.sync())
      // To the end of the line.
      if (this.#open.delete(id)) this.#open.set(id, one)
    }
  }

  /** A disk that fails ends the file, which is whole up to its last page. */
  #try(id: number, { file }: OpenFile, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#open.delete(id)
      file.abandon()
      const { durationMs, bytes } = file
      this.#options.tell({ is: 'ended', id, durationMs, bytes, failure: failureOf(error) })
    }
  }
}
