import { Failure } from '../../core/failures.ts'
import { tellOperator } from '../account-log.ts'
import type { Ports } from '../ports.ts'

/** Of the disk that has the recordings. */
export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Below either of them the disk is nearly full; 0: that one does not count. */
export interface LeastSpace {
  readonly bytes: number
  /** Share of the disk, 0 to 1. */
  readonly share: number
}

export const usualLeastSpace: LeastSpace = { bytes: 0, share: 0.1 }

/** So much more than the least has to be free before it is well again: it would be told to and fro otherwise. */
const SPARE = 1.1
const LOOK_EVERY_MS = 10_000

/**
 * Watches the disk of the recordings. While it is nearly full no recording begins (Failure `disk_low`), the operator is
 * told, and calls go on.
 */
export class RecordingSpace {
  readonly #ports: Ports
  #isLow = false
  #space: DiskSpace | undefined
  #disarm: (() => void) | undefined
  #isStopped = false

  constructor(ports: Ports) {
    this.#ports = ports
  }

  get isLow(): boolean {
    return this.#isLow
  }

  /** As it was when it was looked at last; undefined: it could not be found out. */
  get space(): DiskSpace | undefined {
    return this.#space
  }

  /** Failure `disk_low`. */
  require(): void {
    if (!this.#isLow) return
    throw new Failure('disk_low', 'the disk of the recordings is nearly full: nothing is recorded')
  }

  /** Looks now, and from then on every 10 s. Never rejects. */
  async watch(): Promise<void> {
    await this.look()
    if (this.#isStopped) return
    this.#disarm = this.#ports.clock.after(LOOK_EVERY_MS, () => void this.watch())
  }

  stop(): void {
    this.#isStopped = true
    this.#disarm?.()
  }

  /** The disk took no more of a recording: nothing begins until a look has found room. */
  full(): void {
    if (this.#isLow) return
    const { totalBytes = 0 } = this.#space ?? {}
    this.#turn(true, { freeBytes: 0, totalBytes }, this.#wanted(totalBytes))
  }

  async look(): Promise<void> {
    const { recordingFiles, log } = this.#ports
    try {
      this.#space = await recordingFiles.space()
    } catch (error) {
      this.#space = undefined
      log.warn('the space for recordings is not known', { error: String(error) })
      return
    }
    const { freeBytes, totalBytes } = this.#space
    const wanted = this.#wanted(totalBytes)
    const isLow = freeBytes < (this.#isLow ? wanted * SPARE : wanted)
    if (isLow !== this.#isLow) this.#turn(isLow, this.#space, wanted)
  }

  #wanted(totalBytes: number): number {
    const least = this.#ports.settings.recording?.leastSpace ?? usualLeastSpace
    return Math.max(least.bytes, least.share * totalBytes)
  }

  #turn(isLow: boolean, { freeBytes, totalBytes }: DiskSpace, wanted: number): void {
    this.#isLow = isLow
    const told = { freeBytes, totalBytes, leastBytes: Math.round(wanted) }
    if (isLow) this.#ports.log.error('the disk of the recordings is nearly full', told)
    else this.#ports.log.info('the disk of the recordings has room again', told)
    tellOperator(this.#ports, isLow ? 'system.disk-low' : 'system.disk-well', told)
  }
}
