import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Web } from '../core/ports/web.ts'
import { promptNamed } from '../core/prompt-names.ts'
import { WavFault } from '../dsp/wav.ts'
import { orAborted } from './abort.ts'
import { convert, type Prompt } from './convert.ts'
import type { GuardedFetch } from './fetch.ts'
import { type CachedPrompt, PromptCache, type Validity } from './prompt-cache.ts'
import { findRecorded } from './recorded-prompts.ts'
import type { Answer } from './request.ts'
import { Slots } from './slots.ts'

const timeoutMs = 10_000
const maxBytes = 20 * 1024 * 1024
const maxFetches = 8
const maxWaiting = 200
/** Of prompts that were recorded here: wideband phones hear them as they were spoken. */
const recordedRateHz = 16_000
/** However long a server says that its answer stays good. */
const maxFreshMs = 3_600_000
const maxValidatorLength = 512

export interface PromptOptions {
  readonly dataDir: string
  readonly fetch: GuardedFetch
  readonly clock: Clock
  readonly log: Log
  readonly maxCachedPrompts?: number
  readonly maxCachedBytes?: number
}

type Played = Awaited<ReturnType<Web['prompt']>>

/**
 * Prompts by URL, fetched, converted and kept in the data folder. A kept prompt is asked for again with
 * its validator (ETag, Last-Modified), unless the server said for how long it is good (max-age).
 */
export function createPrompts(options: PromptOptions): Web['prompt'] {
  const { dataDir, fetch, clock, log, maxCachedPrompts = 500 } = options
  const cache = new PromptCache(join(dataDir, 'prompts'), clock, {
    maxPrompts: maxCachedPrompts,
    maxBytes: options.maxCachedBytes ?? 512 * 1024 * 1024,
  })
  const loading = new Map<string, Promise<Played>>()
  const slots = new Slots(maxFetches, maxWaiting)

  const ask = async (url: string): Promise<CachedPrompt> => {
    const known = await cache.find(url)
    const name = promptNamed(url)
    if (name !== undefined) return askFolder(url, name, known)
    if (known !== undefined && known.freshUntilMs > clock.nowMs()) {
      await cache.refresh(url, known, {})
      return known
    }
    const headers = known === undefined ? {} : conditionsOf(known)
    const answer = await fetch({ url, method: 'GET', headers, timeoutMs, maxBytes })
    if (answer.status === 304 && known !== undefined) {
      await cache.refresh(url, known, { freshUntilMs: freshUntil(answer, clock.nowMs()) })
      return known
    }
    if (answer.status !== 200)
      throw new Failure('url_unreachable', `the prompt's server answered with ${answer.status}`)
    return cache.add(url, await converted(answer.body), validityOf(answer, clock.nowMs()))
  }

  /** Who plays the old one while it is recorded anew hears that to its end: the cache has a copy. */
  const askFolder = async (url: string, name: string, known: CachedPrompt | undefined) => {
    const recorded = await findRecorded(dataDir, name)
    const { version } = recorded
    if (known?.etag === version) {
      await cache.refresh(url, known, {})
      return known
    }
    const prompt = await converted(await recorded.read(), recordedRateHz)
    return cache.add(url, prompt, { etag: version, lastModified: undefined, freshUntilMs: 0 })
  }

  const load = async (url: string): Promise<Played> => {
    const work = slots
      .run(() => ask(url))
      ?.catch((error: unknown) => {
        throw breakdown(url, error, log)
      })
    if (work === undefined)
      throw new Failure('url_unreachable', 'too many prompts are being fetched')
    const prompt = await work
    return { path: cache.pathOf(prompt), durationMs: prompt.durationMs }
  }

  return (url, signal) => {
    const known = loading.get(url)
    const work = known ?? load(url).finally(() => loading.delete(url))
    if (known === undefined) loading.set(url, work)
    // One who gives up does not stop it for the others; the time limit does.
    return orAborted(work, signal)
  }
}

async function converted(body: Uint8Array, toHz?: number): Promise<Prompt> {
  try {
    return await convert(body, toHz)
  } catch (error) {
    if (!(error instanceof WavFault)) throw error
    throw new Failure('invalid_audio', error.message, undefined, { cause: error })
  }
}

/** What is not the caller's or the server's fault, such as a full disk. */
function breakdown(url: string, error: unknown, log: Log): Failure {
  if (error instanceof Failure) return error
  log.error('a prompt could not be made ready', { url, error })
  const why = 'the prompt could not be converted or stored'
  return new Failure('internal_error', why, undefined, { cause: error })
}

function conditionsOf({ etag, lastModified }: CachedPrompt): Record<string, string> {
  if (etag !== undefined) return { 'if-none-match': etag }
  return lastModified === undefined ? {} : { 'if-modified-since': lastModified }
}

const validityOf = (answer: Answer, nowMs: number): Validity => ({
  etag: validator(answer.headers['etag']),
  lastModified: validator(answer.headers['last-modified']),
  freshUntilMs: freshUntil(answer, nowMs),
})

const validator = (value: string | undefined): string | undefined =>
  value === undefined || value.length > maxValidatorLength ? undefined : value

/** RFC 9111 section 5.2.2, as far as it matters here. */
function freshUntil(answer: Answer, nowMs: number): number {
  const control = answer.headers['cache-control'] ?? ''
  if (/\bno-(cache|store)\b/i.test(control)) return nowMs
  const seconds = /\bmax-age="?(\d{1,9})/i.exec(control)?.[1]
  return nowMs + Math.min(maxFreshMs, Number(seconds ?? 0) * 1_000)
}
