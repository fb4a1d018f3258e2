import { constants } from 'node:fs'
import { lstat, mkdir, open, realpath, rm, statfs } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { type Message, messageOf, partOf } from './message.ts'
import { type RepairedRecording, repairHeader, repairOpus } from './repair.ts'

/** A path or an id that can not be one of our recordings. */
export class RecordingPathFault extends Error {
  override readonly name = 'RecordingPathFault'
}

/** As pathFor makes it, below any root. */
const STORED_PATH = /^(?:\/(?!.*\/\.\.?\/).*)?\/?(\d{4,6}\/\d{2}\/([^/]+)\.(?:wav|opus))$/
type Format = 'wav' | 'opus'

const ID_SHAPE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

/**
 * The audio files of recordings: `<root>/<yyyy>/<mm>/<id>.wav` or `.opus`, year and month in UTC. Every path given
 * from outside is checked to lie, symbolic links resolved, under the root.
 */
export class RecordingStorage {
  readonly root: string

  readonly #scratch: string

  /** `scratch`: a folder of its own for sound that is not kept. */
  constructor(root: string, scratch = join(resolve(root), '..', 'scratch')) {
    this.root = resolve(root)
    this.#scratch = scratch
  }

  /**
   * Absolute path for sound that is not kept; its folder exists afterwards.
   * @throws RecordingPathFault for an id that is no plain name, and what `mkdir` throws.
   */
  async scratchFor(id: string): Promise<string> {
    if (!ID_SHAPE.test(id)) throw new RecordingPathFault('not the id of a recording')
    await mkdir(this.#scratch, { recursive: true, mode: 0o700 })
    return join(this.#scratch, `${id}.wav`)
  }

  /** Removes all that is left there: what a process that died could not. */
  async emptyScratch(): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true })
  }

  /**
   * Removes what was written there; fine when it is gone.
   * @throws RecordingPathFault for another path.
   */
  async discard(path: string): Promise<void> {
    if (!this.#isScratch(path)) throw new RecordingPathFault('not a path of scratch')
    await rm(path, { force: true })
  }

  #isScratch(path: string): boolean {
    return dirname(path) === this.#scratch
  }

  /**
   * Absolute path for a new recording; its folder exists afterwards.
   * @throws RecordingPathFault for an id that is no plain name, and what `mkdir` throws.
   */
  async pathFor(id: string, createdAtMs: number, format: Format = 'wav'): Promise<string> {
    if (!ID_SHAPE.test(id)) throw new RecordingPathFault('not the id of a recording')
    const date = new Date(createdAtMs)
    if (Number.isNaN(date.getTime())) throw new RecordingPathFault('not a time')
    const month = String(date.getUTCMonth() + 1).padStart(2, '0')
    const folder = join(this.root, String(date.getUTCFullYear()), month)
    await mkdir(folder, { recursive: true })
    return join(folder, `${id}.${format}`)
  }

  /** Of the disk that the recordings are on: what a user who is not root may still fill of it. */
  async space(): Promise<{ freeBytes: number; totalBytes: number }> {
    await mkdir(this.root, { recursive: true })
    const { bavail, blocks, bsize } = await statfs(this.root)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  }

  /** Undefined when the file is gone. */
  async stat(stored: string): Promise<{ bytes: number; modifiedMs: number } | undefined> {
    const path = await this.checked(stored)
    const found = await lstat(path).catch(ignoreMissing)
    if (found?.isSymbolicLink()) throw new RecordingPathFault('a symbolic link is no recording')
    return found?.isFile() ? { bytes: found.size, modifiedMs: found.mtimeMs } : undefined
  }

  /** Bytes `start` to `end`, both inclusive; errors of the file come through the stream. */
  read(stored: string, start: number, end: number): NodeJS.ReadableStream {
    const path = this.locate(stored)
    return Readable.from(this.#bytes(path, start, end), { objectMode: false })
  }

  async *#bytes(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
    await this.checked(path)
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(refuseLink)
    // The stream closes the file at its end, and when the reader goes away.
    yield* file.createReadStream({ start, end })
  }

  /** Fine when the file is gone already. */
  async remove(stored: string): Promise<void> {
    const path = await this.checked(stored)
    await rm(path, { force: true })
  }

  /**
   * Makes the header of a file that a crash left open true again, and removes what was to take its place. Rejects when it
   * is no recording.
   */
  async repair(stored: string): Promise<RepairedRecording> {
    const path = await this.checked(stored)
    await rm(partOf(path), { force: true })
    const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW).catch(refuseLink)
    try {
      return path.endsWith('.opus') ? repairOpus(file) : await repairHeader(file)
    } finally {
      await file.close()
    }
  }

  /**
   * Makes the file a message, as `messageOf`; undefined when nobody speaks in it: it is removed then. It is a recording,
   * or sound that is not kept.
   */
  async finishMessage(stored: string, trim: boolean): Promise<Message | undefined> {
    const path = this.#isScratch(stored) ? stored : await this.checked(stored)
    const message = await messageOf(path, trim)
    if (message === undefined) await rm(path, { force: true })
    return message
  }

  /** Leaves out the silence before the first and behind the last sound; undefined when there is none: it stays as it was. */
  async trimSilence(stored: string): Promise<Message | undefined> {
    return messageOf(await this.checked(stored), true)
  }

  /**
   * Where the file of a stored path is now: the folder of recordings may have been moved since, so only year,
   * month and name count.
   * @throws RecordingPathFault for what pathFor can not have made.
   */
  locate(path: string): string {
    const [, tail, id] = STORED_PATH.exec(path) ?? []
    if (!tail || !id || !ID_SHAPE.test(id)) {
      throw new RecordingPathFault('not the path of a recording')
    }
    return join(this.root, tail)
  }

  /** Symbolic links of folders must not lead out. */
  protected async checked(stored: string): Promise<string> {
    const path = this.locate(stored)
    const [root, folder] = await Promise.all([
      realpath(this.root).catch(ignoreMissing),
      realpath(dirname(path)).catch(ignoreMissing),
    ])
    if (root === undefined || folder === undefined) return path
    if (!folder.startsWith(root + sep)) {
      throw new RecordingPathFault('the folder leads out of the recordings')
    }
    return path
  }
}

function refuseLink(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ELOOP') throw error
  throw new RecordingPathFault('a symbolic link is no recording')
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
