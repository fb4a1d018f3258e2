import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Web } from '../core/ports/web.ts'
import { promptNamed } from '../core/prompt-names.ts'
import { Semaphore } from '../core/semaphore.ts'
import { orAborted } from './abort.ts'
import { convert, type Prompt, type WantedLoudness } from './convert.ts'
import type { GuardedFetch } from './fetch.ts'
import { conditionsOf, serves, termsOf, validityOf } from './freshness.ts'
import { type CachedPrompt, PromptCache } from './prompt-cache.ts'
import { checkPromptName, findRecorded, noPrompt } from './recorded-prompts.ts'
import { SoundFault } from './sound-kind.ts'

const timeoutMs = 10_000
const maxBytes = 20 * 1024 * 1024
/** Of one account, and of all: who has slow servers delays no other. */
const fetchedAtOnce = { each: 8, total: 16 }
/** Of one account. */
const maxWaiting = 200
/** Another one when prompts are made in another way than before. */
const conversion = '2'

export interface PromptOptions {
  readonly dataDir: string
  readonly fetch: GuardedFetch
  readonly clock: Clock
  readonly log: Log
  readonly loudness: WantedLoudness
  /** What accounts have stored; without it there is only what was recorded here. */
  readonly stored?: StoredPrompts
  readonly maxCachedPrompts?: number
  readonly maxCachedBytes?: number
}

/** Where the files of accounts are, by their names. */
export interface StoredPrompts {
  /** `version`: another one when its file is another one. */
  find(
    accountId: AccountId,
    name: string,
  ): Promise<{ readonly version: string; readonly path: string } | undefined>
  /** What was recorded here is the first account's. */
  isFirst(accountId: AccountId): Promise<boolean>
}

type Played = Awaited<ReturnType<Web['prompt']>>

/**
 * Prompts by URL, fetched, converted and kept in the data folder. A kept prompt is asked for again with
 * its validator (ETag, Last-Modified), unless the server said for how long it is good (max-age).
 */
export function createPrompts(options: PromptOptions): Web['prompt'] {
  const { dataDir, clock, log, loudness, maxCachedPrompts = 500 } = options
  const cache = new PromptCache(join(dataDir, 'prompts'), clock, {
    maxPrompts: maxCachedPrompts,
    maxBytes: options.maxCachedBytes ?? 512 * 1024 * 1024,
    madeAs: `${conversion} ${loudness}`,
  })
  const loading = new Map<string, Promise<Played>>()
  const fetches = new Semaphore(fetchedAtOnce)

  const ask = async (url: string, accountId: AccountId): Promise<CachedPrompt> => {
    const name = promptNamed(url)
    if (name !== undefined) return askFolder(name, accountId)
    const known = await cache.find(url)
    if (known === undefined || known.freshUntilMs <= clock.nowMs())
      return inLine(fetches, accountId, () => askServer(url, accountId, known))
    await cache.refresh(url, known, {})
    return known
  }

  const askServer = async (
    url: string,
    accountId: AccountId,
    known: CachedPrompt | undefined,
  ): Promise<CachedPrompt> => {
    const answer = await answerOf(options, url, known)
    const nowMs = clock.nowMs()
    if (known !== undefined && (answer === undefined || answer.status === 304)) {
      await cache.refresh(url, known, answer === undefined ? {} : termsOf(answer, nowMs))
      return known
    }
    if (answer?.status === 200)
      return cache.add(url, await converted(answer.body, accountId), validityOf(answer, nowMs))
    throw new Failure('url_unreachable', `the prompt's server answered with ${answer?.status}`)
  }

  /** Who plays the old one while it is replaced hears that to its end: the cache has a copy. */
  const askFolder = async (name: string, accountId: AccountId): Promise<CachedPrompt> => {
    const { key, version, read } = await findNamed(options, name, accountId)
    const known = await cache.find(key)
    if (known?.etag === version) {
      await cache.refresh(key, known, {})
      return known
    }
    const validity = { lastModified: undefined, freshUntilMs: 0, staleUntilMs: 0 }
    return inLine(fetches, accountId, async () =>
      cache.add(key, await converted(await read(), accountId), { etag: version, ...validity }),
    )
  }

  const converted = (body: Uint8Array, accountId: AccountId): Promise<Prompt> =>
    promptFrom(body, loudness, clock, accountId)

  const load = async (url: string, accountId: AccountId): Promise<Played> => {
    const prompt = await ask(url, accountId).catch((error: unknown) => {
      throw breakdown(url, error, log)
    })
    return { path: cache.pathOf(prompt), durationMs: prompt.durationMs }
  }

  return (url, accountId, signal) => {
    const key = promptNamed(url) === undefined ? url : `${accountId} ${url}`
    const known = loading.get(key)
    const work = known ?? load(url, accountId).finally(() => loading.delete(key))
    if (known === undefined) loading.set(key, work)
    // One who gives up does not stop it for the others; the time limit does.
    return orAborted(work, signal)
  }
}

/** What is kept and good does not wait there. */
function inLine<T>(fetches: Semaphore, accountId: AccountId, work: () => Promise<T>): Promise<T> {
  if (fetches.waiting(accountId) >= maxWaiting)
    throw new Failure('url_unreachable', 'too many prompts are being fetched')
  return fetches.run(work, accountId)
}

/** What the account has stored under the name, or what was recorded here. Failures of `findRecorded`. */
async function findNamed(
  { dataDir, stored }: Pick<PromptOptions, 'dataDir' | 'stored'>,
  name: string,
  accountId: AccountId,
) {
  checkPromptName(name)
  const found = await stored?.find(accountId, name)
  if (found) {
    const { version, path } = found
    return { key: `prompt:${accountId}/${name}`, version, read: () => readStored(path, name) }
  }
  if (stored && !(await stored.isFirst(accountId))) throw noPrompt(name)
  return { key: `prompt:${name}`, ...(await findRecorded(dataDir, name)) }
}

async function readStored(path: string, name: string): Promise<Uint8Array> {
  return readFile(path).catch(() => {
    throw noPrompt(name)
  })
}

/** Undefined: it can't be had now, and the known one serves. */
async function answerOf(
  { fetch, clock }: Pick<PromptOptions, 'fetch' | 'clock'>,
  url: string,
  known: CachedPrompt | undefined,
): Promise<Awaited<ReturnType<GuardedFetch>> | undefined> {
  const headers = conditionsOf(known)
  try {
    const answer = await fetch({ url, method: 'GET', headers, timeoutMs, maxBytes })
    if (answer.status < 500 || !serves(known, clock.nowMs())) return answer
  } catch (error) {
    if (!serves(known, clock.nowMs())) throw error
  }
  return undefined
}

/** Failure `invalid_audio`. */
export async function promptFrom(
  body: Uint8Array,
  loudness: WantedLoudness,
  clock: Clock,
  accountId: AccountId,
): Promise<Prompt> {
  try {
    return await convert(body, loudness, clock, { accountId })
  } catch (error) {
    if (!(error instanceof SoundFault)) throw error
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
