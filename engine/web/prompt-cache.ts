import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { Semaphore } from '../core/semaphore.ts'
import type { Prompt } from './convert.ts'

/** What is known of a prompt that lies in the folder. */
export interface CachedPrompt {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** Until then the server need not be asked. */
  readonly freshUntilMs: number
  /** Until then it serves when the server can't be asked. */
  readonly staleUntilMs: number
  /** Its file, named by what is in it: a file never changes while somebody plays it. */
  readonly file: string
  readonly bytes: number
  readonly durationMs: number
  readonly usedAtMs: number
}

export type Validity = Pick<CachedPrompt, 'etag' | 'lastModified' | 'freshUntilMs' | 'staleUntilMs'>

export interface CacheLimits {
  readonly maxPrompts: number
  readonly maxBytes: number
  /** How they were made: those that were made in another way are not taken. */
  readonly madeAs: string
}

/** What was handed out is not deleted for as long as a call may need to open it. */
const keepUsedMs = 10 * 60_000
const indexName = 'index.json'
const fileShape = /^[0-9a-f]{64}\.wav$/

/** Converted prompts by URL, in a folder that is bounded: the ones not used for longest go first. */
export class PromptCache {
  readonly #folder: string
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #limits: CacheLimits
  #prompts: Promise<Map<string, CachedPrompt>> | undefined
  readonly #writing = new Semaphore({ total: 1 })

  constructor(folder: string, clock: Pick<Clock, 'nowMs'>, limits: CacheLimits) {
    this.#folder = folder
    this.#clock = clock
    this.#limits = limits
  }

  async find(url: string): Promise<CachedPrompt | undefined> {
    return (await this.#loaded()).get(url)
  }

  pathOf(prompt: CachedPrompt): string {
    return join(this.#folder, prompt.file)
  }

  /** Notes that the prompt was used and how long it is good for now. */
  async refresh(url: string, prompt: CachedPrompt, validity: Partial<Validity>): Promise<void> {
    const prompts = await this.#loaded()
    prompts.set(url, { ...prompt, ...validity, usedAtMs: this.#clock.nowMs() })
  }

  async add(
    url: string,
    { wav, durationMs }: Pick<Prompt, 'wav' | 'durationMs'>,
    validity: Validity,
  ): Promise<CachedPrompt> {
    const prompts = await this.#loaded()
    const file = `${createHash('sha256').update(wav).digest('hex')}.wav`
    const prompt = {
      ...validity,
      ...{ file, durationMs, bytes: wav.length, usedAtMs: this.#clock.nowMs() },
    }
    await this.#writing.run(async () => {
      await this.#write(file, wav)
      prompts.set(url, prompt)
      await this.#evict(prompts)
      await this.#write(
        indexName,
        JSON.stringify({ madeAs: this.#limits.madeAs, prompts: [...prompts] }),
      )
    })
    return prompt
  }

  /** Writes whole or not at all. */
  async #write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.#folder, name)
    const temporary = `${path}.${randomUUID()}.tmp`
    try {
      await writeFile(temporary, content)
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  async #evict(prompts: Map<string, CachedPrompt>): Promise<void> {
    const byAge = [...prompts].toSorted(([, a], [, b]) => a.usedAtMs - b.usedAtMs)
    let bytes = byAge.reduce((sum, [, prompt]) => sum + prompt.bytes, 0)
    for (const [url, prompt] of byAge) {
      const fits = prompts.size <= this.#limits.maxPrompts && bytes <= this.#limits.maxBytes
      if (fits || prompt.usedAtMs > this.#clock.nowMs() - keepUsedMs) return
      prompts.delete(url)
      bytes -= prompt.bytes
      const isShared = [...prompts.values()].some((other) => other.file === prompt.file)
      if (!isShared) await rm(this.pathOf(prompt), { force: true })
    }
  }

  #loaded(): Promise<Map<string, CachedPrompt>> {
    this.#prompts ??= this.#load().catch((error: unknown) => {
      this.#prompts = undefined
      throw error
    })
    return this.#prompts
  }

  /** Files of ours that the index does not know are left-overs of a crash; others are not ours. */
  async #load(): Promise<Map<string, CachedPrompt>> {
    await mkdir(this.#folder, { recursive: true })
    const entries = await readdir(this.#folder, { withFileTypes: true })
    const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
    const known = (await this.#readIndex()).filter(([, prompt]) => files.has(prompt.file))
    const kept = new Set(known.map(([, prompt]) => prompt.file))
    for (const file of files) {
      const isOurs = file.endsWith('.tmp') || fileShape.test(file)
      if (isOurs && !kept.has(file)) await rm(join(this.#folder, file), { force: true })
    }
    return new Map(known)
  }

  async #readIndex(): Promise<[string, CachedPrompt][]> {
    try {
      const index: unknown = JSON.parse(await readFile(join(this.#folder, indexName), 'utf8'))
      const { madeAs, prompts } = (index ?? {}) as Record<string, unknown>
      const isOurs = madeAs === this.#limits.madeAs && Array.isArray(prompts)
      return isOurs ? prompts.filter(isEntry) : []
    } catch {
      // Absent or damaged: an empty cache is as good.
      return []
    }
  }
}

function isEntry(entry: unknown): entry is [string, CachedPrompt] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false
  const { file, bytes, durationMs, usedAtMs, staleUntilMs } = (entry[1] ?? {}) as Record<
    string,
    unknown
  >
  const isName = typeof file === 'string' && fileShape.test(file)
  return isName && [bytes, durationMs, usedAtMs, staleUntilMs].every(Number.isFinite)
}
