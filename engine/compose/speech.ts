import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import {
  createSpeech,
  EspeakNg,
  Festival,
  Flite,
  HttpSpeech,
  Sherpa,
  type SpeechProvider,
} from '../../tts/index.ts'
import type { Closers } from '../app/closing.ts'
import type { RecordingMedia } from '../app/directory/ports.ts'
import { type Config, childEnvironment } from '../config/index.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Speech } from '../core/ports/speech.ts'
import type { Web } from '../core/ports/web.ts'

/** Reads what speech has been made, by the paths that the port gives. */
export const speechFiles: Pick<RecordingMedia, 'stat' | 'read'> = {
  async stat(path) {
    const found = await stat(path).catch(() => undefined)
    return found && { bytes: found.size, modifiedMs: found.mtimeMs }
  },
  read: (path, start, end) => createReadStream(path, { start, end }),
}

/** The speech of all providers that are set up, in the order of the setting. */
export function openSpeech(config: Config, closers: Closers, log: Log, web: Web): Speech {
  const providers = config.speech.providers.flatMap((name) => {
    const provider = providerOf[name](config, closers, log)
    return provider === undefined ? [] : [provider]
  })
  const { dataDir, promptLoudness } = config
  const defaultVoice = config.speech.voice
  const speech = createSpeech({
    ...{ dataDir, log, providers, defaultVoice },
    maxCacheBytes: config.speech.cacheBytes,
    loudnessLufs: promptLoudness === 'off' ? undefined : promptLoudness,
    fetchAudio: (url, accountId, signal) => fetchFor(web, url, accountId, signal),
  })
  if (defaultVoice !== undefined && !speech.hasVoice(defaultVoice)) {
    log.warn('nobody has the voice of RINGDOWN_TTS_VOICE: another is the default', { defaultVoice })
  }
  return speech
}

/** A file's name is somebody's; without an owner there are only addresses. */
function fetchFor(
  web: Web,
  url: string,
  accountId: AccountId | undefined,
  signal: AbortSignal,
): ReturnType<Web['prompt']> {
  if (accountId !== undefined) return web.prompt(url, accountId, signal)
  return Promise.reject(new Failure('url_not_allowed', 'nobody is known whose file it is'))
}

type Make = (config: Config, closers: Closers, log: Log) => SpeechProvider | undefined

/** Undefined: not set up. */
const providerOf: Readonly<Record<Config['speech']['providers'][number], Make>> = {
  'espeak-ng': () => new EspeakNg(),
  flite: () => new Flite(),
  festival: () => new Festival(),
  sherpa: openSherpa,
  http: openServer,
}

function openSherpa({ speech }: Config, closers: Closers, log: Log): Sherpa | undefined {
  const { modelDir: folder, modelsLoaded: modelsKept, threads } = speech
  if (folder === undefined) return undefined
  const sherpa = new Sherpa({ folder, modelsKept, threads, environment: childEnvironment() })
  for (const fault of sherpa.faults) log.warn('a speech model can not be used', { fault })
  closers.add(() => sherpa.close())
  return sherpa
}

function openServer({ speech: { server }, secrets }: Config): HttpSpeech | undefined {
  const { speechUrl: url, speechKey: key } = secrets
  if (server === undefined || url === undefined) return undefined
  return new HttpSpeech({ url, voices: server.voices, ...(key !== undefined && { key }) })
}
