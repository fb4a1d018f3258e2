import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordingRecord } from '../../engine/core/ports/recordings.ts'
import { PeaksFault } from './layout.ts'
import { PeakMaker } from './make.ts'
import { type DrawnPeaks, readPeaks, type Stretch } from './read.ts'

/** They are being made; asked again soon, they are there. */
export class PeaksPending extends Error {
  override readonly name = 'PeaksPending'
}

export interface PeakShelfOptions {
  /** Of files of peaks alone. */
  readonly folder: string
  /** The plain audio of a whole recording; what it rejects with is passed on. */
  readonly open: (
    recording: RecordingRecord,
  ) => Promise<{ readonly stream: AsyncIterable<Uint8Array> }>
}

/** The peaks of recordings: made once, kept in a folder of their own, removed with the recording. */
export class PeakShelf {
  readonly #folder: string
  readonly #open: PeakShelfOptions['open']
  readonly #maker = new PeakMaker()
  readonly #making = new Map<string, Promise<void>>()

  constructor({ folder, open }: PeakShelfOptions) {
    this.#folder = folder
    this.#open = open
  }

  /** Makes them; at once if that is under way. Rejects as `open` does, with UnreadableAudio and with file errors. */
  make(recording: RecordingRecord): Promise<void> {
    const { id } = recording
    const known = this.#making.get(id)
    if (known !== undefined) return known
    const made = this.#maker
      .make(this.#pathOf(id), async () => ({
        format: recording.format ?? 'wav',
        bytes: (await this.#open(recording)).stream,
      }))
      .finally(() => this.#making.delete(id))
    this.#making.set(id, made)
    return made
  }

  /**
   * Of a recording that has none they are made first. Rejects with PeaksPending when that takes longer than
   * `patienceMs`, and as `make` does.
   */
  async read(recording: RecordingRecord, wanted: Stretch, patienceMs: number): Promise<DrawnPeaks> {
    const there = await this.#readIfThere(recording.id, wanted)
    if (there) return there
    const making = this.make(recording)
    // It goes on when nobody waits for it any more.
    making.catch(() => undefined)
    await withinMs(making, patienceMs)
    return readPeaks(this.#pathOf(recording.id), wanted)
  }

  /** Fine when there are none. */
  async remove(id: string): Promise<void> {
    await this.#making.get(id)?.catch(() => undefined)
    await rm(this.#pathOf(id), { force: true })
  }

  close(): Promise<void> {
    return this.#maker.close()
  }

  async #readIfThere(id: string, wanted: Stretch): Promise<DrawnPeaks | undefined> {
    try {
      return await readPeaks(this.#pathOf(id), wanted)
    } catch (error) {
      if (error instanceof PeaksFault) return undefined
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** Ids are UUIDs: one folder for each two digits. */
  #pathOf(id: string): string {
    if (!/^[\w-]{8,64}$/.test(id)) throw new RangeError('not the id of a recording')
    return join(this.#folder, id.slice(0, 2), `${id}.peaks`)
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

async function withinMs(work: Promise<void>, patienceMs: number): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new PeaksPending('peaks are being made')), patienceMs)
  try {
    await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
