import { join } from 'node:path'
import { Failure } from '../engine/core/failures.ts'
import type { Log } from '../engine/core/ports/observe.ts'
import type { Speech, SpeechRequest, Utterance } from '../engine/core/ports/speech.ts'
import { WavFault } from '../engine/dsp/wav.ts'
import { cacheKey, SpeechCache } from './cache.ts'
import { EspeakNg } from './espeak-ng.ts'
import type { SpeechProvider, Words } from './provider.ts'
import { SharedWork } from './shared-work.ts'
import { readSsml } from './ssml/read.ts'
import { type Around, telephoneWav } from './telephone-wav.ts'
import { checkText } from './text.ts'

export interface SpeechOptions {
  readonly dataDir: string
  readonly log: Pick<Log, 'warn'>
  readonly provider?: SpeechProvider
  readonly maxCacheBytes?: number
}

const FOLDER = 'speech-cache'

/** Programs at once; a 10-word sentence takes espeak-ng about 13 ms. */
const AT_ONCE = 4
const MAX_WAITING = 256

/** A request that has been found good, in the provider's terms. */
interface Order extends Around {
  readonly words: Words
  readonly voice: string
  readonly warnings: readonly string[]
}

/** The speech port: checks the text, looks into the cache, otherwise lets the provider speak. */
export function createSpeech(options: SpeechOptions): Speech {
  const { log } = options
  const provider = options.provider ?? new EspeakNg()
  const work = new SharedWork<Utterance>({ atOnce: AT_ONCE, maxWaiting: MAX_WAITING })
  const cache = new SpeechCache({
    folder: join(options.dataDir, FOLDER),
    ...(options.maxCacheBytes === undefined ? {} : { maxBytes: options.maxCacheBytes }),
  })

  const make = async (key: string, order: Order, signal: AbortSignal) => {
    const found = await cache.find(key)
    if (found) return found
    const { words, voice, warnings } = order
    if (warnings.length > 0) log.warn('markup was not followed in all', { voice, warnings })
    const spoken = await provider.synthesise(words, voice, signal)
    return cache.put(key, await telephoneWav(spoken, signal, order))
  }

  const synthesise = async (request: SpeechRequest, signal?: AbortSignal): Promise<Utterance> => {
    const missing = provider.unavailableBecause()
    if (missing !== undefined) throw new Failure('speech_unavailable', missing)
    const order = understood(provider, request)
    const { voice } = order
    const key = keyOf(provider, order)
    try {
      return await work.do(key, signal, (stop) => make(key, order, stop))
    } catch (error) {
      if (error instanceof Failure || signal?.aborted) throw error
      log.warn('speech failed', { provider: provider.name, voice, error: String(error) })
      const why = error instanceof WavFault ? 'gave no audio' : 'could not store its audio'
      throw new Failure('speech_unavailable', `${provider.name} ${why}`, undefined, {
        cause: error,
      })
    }
  }

  return {
    unavailableBecause: () => provider.unavailableBecause(),
    hasVoice: (voice) => provider.resolveVoice(voice) !== undefined,
    check: (request) => void understood(provider, request),
    synthesise,
  }
}

/** @throws Failure `invalid_request` on field `text` or `voice`. */
function understood(provider: SpeechProvider, request: SpeechRequest): Order {
  const { markup, text, voice: chosen } = request
  const plain = markup === undefined ? checkText(text) : undefined
  const voice = provider.resolveVoice(chosen)
  if (voice === undefined) {
    throw new Failure('invalid_request', `There is no voice ${chosen}`, 'voice')
  }
  if (plain !== undefined) {
    return { words: { text: plain, isMarkup: false }, voice, leadMs: 0, tailMs: 0, warnings: [] }
  }
  const options = { voices: provider, voice, isChosen: chosen !== undefined }
  const { parts, ...rest } = readSsml(text, options)
  return { words: { text: provider.markup(parts, voice), isMarkup: true }, voice, ...rest }
}

/** Text and a document never meet under one key, whatever they say. */
function keyOf({ name, version }: SpeechProvider, order: Order): string {
  const { words, voice, leadMs, tailMs } = order
  const markup = words.isMarkup ? ['markup', String(leadMs), String(tailMs)] : []
  return cacheKey([name, version, voice, words.text, ...markup])
}
