import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type EntryFacts, readEntry, writeEntry } from './entry.ts'

export interface SpeechCacheOptions {
  readonly folder: string
  readonly maxBytes?: number
  /** An entry handed out this recently may be about to be played: it stays. */
  readonly keepMs?: number
  /** Any clock that does not go back. */
  readonly monotonicMs?: () => number
}

export interface CachedUtterance {
  readonly path: string
  readonly durationMs: number
  readonly cached: boolean
}

interface Known {
  readonly bytes: number
  usedAtMs: number
}

const NAME_SHAPE = /^[0-9a-f]{64}\.wav$/

/** The name of an utterance: everything that makes it sound as it does. */
export function cacheKey(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/**
 * Utterances as files, named by what was asked for. Entries not used for longest go when the folder grows
 * beyond `maxBytes`. A damaged or missing file counts as absent and is made again.
 */
export class SpeechCache {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #keepMs: number
  readonly #monotonicMs: () => number
  /** Least recently used first. */
  readonly #known = new Map<string, Known>()
  #bytes = 0
  #opened: Promise<void> | undefined

  constructor(options: SpeechCacheOptions) {
    this.#folder = options.folder
    this.#maxBytes = options.maxBytes ?? 256_000_000
    this.#keepMs = options.keepMs ?? 600_000
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now())
  }

  get bytes(): number {
    return this.#bytes
  }

  get entries(): number {
    return this.#known.size
  }

  /** The entry of a key, or undefined. */
  async find(key: string): Promise<CachedUtterance | undefined> {
    await this.#open()
    const name = `${key}.wav`
    const path = join(this.#folder, name)
    const facts = await readEntry(path)
    if (!facts) {
      this.#forget(name)
      return undefined
    }
    this.#use(name, facts)
    // For the order after a restart; a failure costs only that.
    const now = new Date()
    await utimes(path, now, now).catch(() => undefined)
    return { path, durationMs: facts.durationMs, cached: true }
  }

  /** Stores a file made by `twoRateWav`. Rejects with the file system's error. */
  async put(key: string, wav: Uint8Array): Promise<CachedUtterance> {
    await this.#open()
    const name = `${key}.wav`
    const path = join(this.#folder, name)
    await writeEntry(path, wav)
    const facts = await readEntry(path)
    if (!facts) throw new Error('the utterance was not stored whole')
    this.#use(name, facts)
    await this.#evict()
    return { path, durationMs: facts.durationMs, cached: false }
  }

  #open(): Promise<void> {
    this.#opened ??= this.#scan().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  /** Takes up what a former process left; what is no entry (an unfinished file) is removed. */
  async #scan(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const found: { name: string; bytes: number; modifiedMs: number }[] = []
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name)
      if (name.endsWith('.part')) await rm(path, { force: true })
      if (!NAME_SHAPE.test(name)) continue
      const { size, mtimeMs } = await stat(path)
      found.push({ name, bytes: size, modifiedMs: mtimeMs })
    }
    found.sort((a, b) => a.modifiedMs - b.modifiedMs)
    for (const { name, bytes } of found) {
      this.#known.set(name, { bytes, usedAtMs: Number.NEGATIVE_INFINITY })
      this.#bytes += bytes
    }
    await this.#evict()
  }

  #use(name: string, facts: EntryFacts): void {
    this.#forget(name)
    this.#known.set(name, { bytes: facts.bytes, usedAtMs: this.#monotonicMs() })
    this.#bytes += facts.bytes
  }

  #forget(name: string): void {
    const known = this.#known.get(name)
    if (!known) return
    this.#known.delete(name)
    this.#bytes -= known.bytes
  }

  async #evict(): Promise<void> {
    const keepFromMs = this.#monotonicMs() - this.#keepMs
    for (const [name, { usedAtMs }] of this.#known) {
      if (this.#bytes <= this.#maxBytes || usedAtMs > keepFromMs) return
      this.#forget(name)
      await rm(join(this.#folder, name), { force: true })
    }
  }
}
