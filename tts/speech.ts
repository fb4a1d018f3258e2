import { join } from 'node:path'
import { Failure } from '../engine/core/failures.ts'
import type { Log } from '../engine/core/ports/observe.ts'
import type { Speech, SpeechRequest, Utterance } from '../engine/core/ports/speech.ts'
import { WavFault } from '../engine/dsp/wav.ts'
import { cacheKey, SpeechCache } from './cache.ts'
import { EspeakNg } from './espeak-ng.ts'
import type { SpeechProvider } from './provider.ts'
import { SharedWork } from './shared-work.ts'
import { telephoneWav } from './telephone-wav.ts'
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

/** The speech port: checks the text, looks into the cache, otherwise lets the provider speak. */
export function createSpeech(options: SpeechOptions): Speech {
  const { log } = options
  const provider = options.provider ?? new EspeakNg()
  const work = new SharedWork<Utterance>({ atOnce: AT_ONCE, maxWaiting: MAX_WAITING })
  const cache = new SpeechCache({
    folder: join(options.dataDir, FOLDER),
    ...(options.maxCacheBytes === undefined ? {} : { maxBytes: options.maxCacheBytes }),
  })

  const make = async (key: string, text: string, voice: string, signal: AbortSignal) => {
    const found = await cache.find(key)
    if (found) return found
    const spoken = await provider.synthesise(text, voice, signal)
    return cache.put(key, await telephoneWav(spoken, signal))
  }

  const understood = (request: SpeechRequest) => {
    const text = checkText(request.text)
    const voice = provider.resolveVoice(request.voice)
    if (voice !== undefined) return { text, voice }
    throw new Failure('invalid_request', `There is no voice ${request.voice}`, 'voice')
  }

  const synthesise = async (request: SpeechRequest, signal?: AbortSignal): Promise<Utterance> => {
    const missing = provider.unavailableBecause()
    if (missing !== undefined) throw new Failure('speech_unavailable', missing)
    const { text, voice } = understood(request)
    const key = cacheKey([provider.name, provider.version, voice, text])
    try {
      return await work.do(key, signal, (stop) => make(key, text, voice, stop))
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
    check: (request) => void understood(request),
    synthesise,
  }
}
