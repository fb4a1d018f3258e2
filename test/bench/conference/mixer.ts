import type { RtpCrowd } from '../../support/rtp-crowd/rtp-crowd.ts'
import { cpuMs, processTree, rssBytes } from '../process-figures.ts'

export type BenchCodec = 'PCMU' | 'opus'

/** A conference server that is measured, with one room. */
export interface Mixer {
  readonly name: string
  /** The process whose whole tree is counted. */
  readonly pid: number
  /** All legs of the crowd join; resolves to the port that the n-th is to send to. */
  join(crowd: RtpCrowd): Promise<readonly number[]>
  /** p99 of how late its ticks were since it was started, where it tells. */
  tickLateP99Ms(): Promise<number | undefined>
  stop(): Promise<void>
}

/** Why a mixer is not measured. */
export class NotHere extends Error {}

/** CPU and memory of a process tree. */
export class TreeMeter {
  readonly #pids: readonly number[]
  readonly #startMs = performance.now()
  readonly #cpuMs: number

  constructor(pid: number) {
    this.#pids = processTree(pid)
    this.#cpuMs = this.#usedMs()
  }

  /** Cores since the beginning. */
  share(): number {
    return (this.#usedMs() - this.#cpuMs) / (performance.now() - this.#startMs)
  }

  rssBytes(): number {
    return this.#pids.reduce((sum, pid) => sum + rssBytes(pid), 0)
  }

  #usedMs(): number {
    return this.#pids.reduce((sum, pid) => sum + cpuMs(pid), 0)
  }
}
