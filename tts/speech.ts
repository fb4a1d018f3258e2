import { join } from 'node:path'
import { Failure } from '../engine/core/failures.ts'
import type { AccountId } from '../engine/core/ids.ts'
import type { Log } from '../engine/core/ports/observe.ts'
import type { Speaking, Speech, SpeechRequest, Utterance } from '../engine/core/ports/speech.ts'
import { newPlace, playedMsAt } from '../engine/dsp/growing-sound.ts'
import { type CachedUtterance, cacheKey, SpeechCache } from './cache.ts'
import { EspeakNg } from './espeak-ng.ts'
import { type FetchAudio, keyOf, makeAll, store, type Workshop } from './maker.ts'
import { Making } from './making.ts'
import { type Piece, plan } from './plan.ts'
import type { SpeechProvider } from './provider.ts'
import { readSsml } from './ssml/read.ts'
import type { Script } from './ssml/script.ts'
import { StandIns, type StandInsOptions } from './stand-ins.ts'
import { checkText } from './text.ts'
import { Turns } from './turns.ts'
import { VoiceBook } from './voice-book.ts'
import { VoiceGains } from './voice-gains.ts'

export interface SpeechOptions {
  readonly dataDir: string
  readonly log: Pick<Log, 'warn'>
  /** Those preferred most first; default espeak-ng alone. */
  readonly providers?: readonly SpeechProvider[]
  /** Voice or language tag of what names no voice; default: the first voice of the first who can speak. */
  readonly defaultVoice?: string | undefined
  readonly maxCacheBytes?: number
  readonly standIns?: StandInsOptions
  /** What voices are brought to; undefined: they stay as they are. */
  readonly loudnessLufs?: number | undefined
  /** For `audio` of SSML; without it the text in it is spoken. */
  readonly fetchAudio?: FetchAudio
}

const FOLDER = 'speech-cache'

/** Programs at once; a 10-word sentence takes espeak-ng about 13 ms. */
const AT_ONCE = 4
const MAX_WAITING = 256

/** A request that has been found good. */
interface Order {
  readonly pieces: readonly Piece[]
  readonly voice: string
  readonly warnings: readonly string[]
  /** Of the whole of it in the cache; undefined where its pieces are kept one by one. */
  readonly key: string | undefined
  readonly accountId: AccountId | undefined
  /** Of what is made for all who ask for the same at the same time. */
  readonly sharedKey: string
}

/** The speech port: checks the text, looks into the cache, otherwise lets the providers speak. */
export function createSpeech(options: SpeechOptions): Speech {
  const providers = options.providers ?? [new EspeakNg()]
  const folder = join(options.dataDir, FOLDER)
  const book = new VoiceBook(providers, options.defaultVoice)
  const workshop: Workshop = {
    book,
    cache: new SpeechCache({
      folder,
      ...(options.maxCacheBytes === undefined ? {} : { maxBytes: options.maxCacheBytes }),
    }),
    gains: new VoiceGains({ targetLufs: options.loudnessLufs, path: join(folder, 'voices.json') }),
    turns: new Turns(AT_ONCE),
    standIns: new StandIns(book, options.standIns),
    log: options.log,
    fetchAudio: options.fetchAudio ?? refuseAudio,
  }
  warm(workshop)
  const desk = new Desk(workshop)
  const ordered = (request: SpeechRequest): Order => {
    const missing = missingIn(providers)
    if (missing !== undefined) throw new Failure('speech_unavailable', missing)
    return understood(workshop, request)
  }
  return {
    unavailableBecause: () => missingIn(providers),
    voices: () => book.all(),
    hasVoice: (voice) => book.find(voice) !== undefined,
    voiceNamed: (voice) => book.find(voice)?.voice,
    check: (request) => void understood(workshop, request),
    synthesise: async (request, signal) => desk.file(ordered(request), signal),
    speak: async (request, signal) => desk.speak(ordered(request), signal),
  }
}

/** The default voice is measured before somebody waits for it. */
function warm({ book, gains }: Workshop): void {
  const found = gains.targetLufs === undefined ? undefined : book.find(undefined)
  if (found) void gains.soon(found)
}

const refuseAudio: FetchAudio = () =>
  Promise.reject(new Failure('url_not_allowed', 'no files are fetched here'))

/** What is being made, for all who want it. */
class Desk {
  readonly #workshop: Workshop
  readonly #makings = new Map<string, Making>()
  /** Of which there is no sound yet. */
  #silent = 0

  constructor(workshop: Workshop) {
    this.#workshop = workshop
  }

  async file(order: Order, signal: AbortSignal | undefined): Promise<Utterance> {
    signal?.throwIfAborted()
    const found = await this.#found(order)
    if (found) return found
    const { making, release } = this.#making(order, signal)
    try {
      return await unlessAborted(making.stored, signal)
    } catch (error) {
      if (signal?.aborted || error instanceof Failure) throw error
      const why = 'the sound could not be stored'
      throw new Failure('speech_unavailable', why, undefined, { cause: error })
    } finally {
      release()
    }
  }

  async speak(order: Order, signal: AbortSignal | undefined): Promise<Speaking> {
    signal?.throwIfAborted()
    const found = await this.#found(order)
    if (found) return whole(found, order.warnings)
    const { making, release } = this.#making(order, signal)
    try {
      await unlessAborted(making.begun, signal)
    } catch (error) {
      release()
      throw error
    }
    const onAbort = () => release()
    signal?.addEventListener('abort', onAbort, { once: true })
    void making.ended.then(() => signal?.removeEventListener('abort', onAbort))
    return underWay(making, order, release)
  }

  /** A cache that can not be read is none. */
  async #found({ key }: Order): Promise<CachedUtterance | undefined> {
    if (key === undefined || this.#makings.has(key)) return undefined
    return this.#workshop.cache.find(key).catch(() => undefined)
  }

  #making(order: Order, signal: AbortSignal | undefined): { making: Making; release: () => void } {
    signal?.throwIfAborted()
    const making = this.#makings.get(order.sharedKey) ?? this.#begin(order)
    const leave = making.want()
    const release = () => {
      // Whoever comes now begins anew, as this one is stopped.
      if (leave() && this.#makings.get(order.sharedKey) === making) {
        this.#makings.delete(order.sharedKey)
      }
    }
    return { making, release }
  }

  #begin(order: Order): Making {
    const { pieces, voice, warnings, key, sharedKey, accountId } = order
    if (this.#silent >= AT_ONCE + MAX_WAITING) {
      throw new Failure('speech_unavailable', 'Too much speech is being made at the moment')
    }
    const { log } = this.#workshop
    if (warnings.length > 0) log.warn('markup was not followed in all', { voice, warnings })
    const making = new Making({
      make: (one, signal) =>
        makeAll(this.#workshop, pieces, {
          ...{ making: one, signal, keepsPieces: key === undefined, accountId },
          ...{ gains: new Map(), failed: new Set() },
        }),
      store: (wav, isFinal) => store(this.#workshop, isFinal ? key : undefined, wav),
    })
    this.#makings.set(sharedKey, making)
    this.#silent += 1
    const begun = () => {
      this.#silent -= 1
    }
    making.begun.then(begun, begun)
    const over = () => {
      if (this.#makings.get(sharedKey) === making) this.#makings.delete(sharedKey)
    }
    making.stored.then(over, (error: unknown) => {
      over()
      if (!making.isStopped) log.warn('speech failed', { voice, error: String(error) })
    })
    return making
  }
}

/** It lies ready. */
function whole({ path, durationMs }: CachedUtterance, warnings: readonly string[]): Speaking {
  return {
    // What comes from the cache is not watched: there are no marks in it.
    player: (loop = 1) => ({ sound: { kind: 'wav', path, loop }, playedMs: () => durationMs }),
    hasMarks: false,
    marks: [],
    warnings,
    ended: Promise.resolve(undefined),
    release() {},
  }
}

function underWay(making: Making, { pieces, warnings }: Order, release: () => void): Speaking {
  return {
    player(loop = 1) {
      const place = newPlace()
      return {
        sound: { kind: 'growing', ...making.sound, loop, place },
        playedMs: () => playedMsAt(place),
      }
    },
    hasMarks: marked(pieces),
    marks: making.marks,
    get warnings() {
      return [...warnings, ...making.warnings]
    },
    ended: making.ended,
    release,
  }
}

const marked = (pieces: readonly Piece[]): boolean =>
  pieces.some((piece) => piece.is === 'mark' || (piece.is === 'audio' && marked(piece.instead)))

/** Undefined when one of them can speak; else why the one preferred most can not. */
function missingIn(providers: readonly SpeechProvider[]): string | undefined {
  const reasons = providers.map((provider) => provider.unavailableBecause())
  return reasons.includes(undefined) ? undefined : (reasons[0] ?? 'No voice is set up')
}

/** @throws Failure `invalid_request` on field `text` or `voice`. */
function understood(workshop: Workshop, request: SpeechRequest): Order {
  const { book } = workshop
  const { markup, text, voice: chosen, accountId } = request
  const said = markup === undefined ? checkText(text) : undefined
  const voice = book.resolveVoice(chosen)
  if (voice === undefined) {
    throw new Failure('invalid_request', `There is no voice ${chosen}`, 'voice')
  }
  const script =
    said === undefined
      ? readSsml(text, { voices: book, voice, isChosen: chosen !== undefined })
      : scriptOf(said, voice)
  const pieces = plan(script, book)
  const isPlain = pieces.every(({ is }) => is === 'speech' || is === 'silence')
  const keys = pieces.map((piece) => keyOf(piece, workshop))
  // A file's name may mean another file for somebody else.
  const sharedKey = cacheKey(isPlain ? keys : [...keys, accountId ?? ''])
  const key = isPlain ? sharedKey : undefined
  return { pieces, voice, warnings: script.warnings, key, sharedKey, accountId }
}

const scriptOf = (text: string, voice: string): Script => ({
  steps: [{ is: 'run', text, voice, rate: 1, gain: 1, octaves: 0, spelled: false }],
  leadMs: 0,
  tailMs: 0,
  warnings: [],
})

function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return result
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    result.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
  })
}
