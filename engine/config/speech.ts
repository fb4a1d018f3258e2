import { setting } from './setting.ts'
import type { SettingValues } from './settings.ts'
import * as value from './values.ts'

const providers = ['espeak-ng', 'sherpa', 'http', 'flite', 'festival'] as const
type Provider = (typeof providers)[number]

const providerList = value.parsed(
  (text): Provider[] | undefined => {
    const names = text.split(',').map((name) => name.trim())
    const known = names.flatMap((name) => providers.filter((provider) => provider === name))
    return known.length === names.length && new Set(known).size === known.length ? known : undefined
  },
  `a comma-separated list of ${providers.join(', ')}, each at most once`,
)

const serverUrl = value.parsed((text) => {
  const url = URL.parse(text.replaceAll(/[{}]/g, ''))
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? text : undefined
}, 'an http or https address')

const voiceList = value.parsed((text) => {
  const voices = text.split(',').flatMap((item) => {
    const [, name, language] =
      /^\s*([A-Za-z0-9][\w.+-]{0,79})=([a-zA-Z]{2,3}(?:-\w{2,8})*)\s*$/.exec(item) ?? []
    return name === undefined || language === undefined ? [] : [{ name, language }]
  })
  return voices.length === text.split(',').length ? voices : undefined
}, 'a comma-separated list of voices with their languages, such as alice=en-GB,jens=de-DE')

/** What speaks and listens. */
export interface SpeechConfig {
  /** Preferred ones first. */
  readonly providers: readonly Provider[]
  /** Of what names none; undefined: the first of the first provider. */
  readonly voice: string | undefined
  readonly cacheBytes: number
  /** Absolute path. */
  readonly modelDir: string | undefined
  readonly modelsLoaded: number
  readonly threads: number
  /** Undefined: none. Its address and key are among the secrets. */
  readonly server:
    | { readonly voices: readonly { readonly name: string; readonly language: string }[] }
    | undefined
  /** Absolute path. */
  readonly transcribeModelDir: string | undefined
}

/** Settings of what speaks and listens. */
export const speechSettings = {
  /** Who is asked for a voice, in that order. */
  RINGDOWN_TTS_PROVIDERS: setting(
    providerList,
    providers.join(','),
    'who makes speech, preferred ones first. Those that are not installed or set up are passed over',
  ),
  /** For those calls and prompts that name no voice. */
  RINGDOWN_TTS_VOICE: setting(
    value.visibleText,
    undefined,
    'default voice, or its language: `de`, `espeak-ng:fr-fr`; in its language the engine also says what it says by itself. Without it the first voice of the first provider',
  ),
  RINGDOWN_TTS_CACHE_MB: setting(
    value.count,
    '256',
    'megabytes of speech that are kept in the data folder (48 kB a second), so that the same words are not made again; beyond that what was not heard for longest goes',
  ),
  RINGDOWN_TTS_MODEL_DIR: setting(
    value.folder,
    undefined,
    'folder with a folder for each speech model of sherpa-onnx (Piper, Kokoro, Matcha); without it none',
  ),
  RINGDOWN_TTS_MODELS_LOADED: setting(
    value.count,
    '2',
    'speech models that stay in memory; another one takes the place of that not used for longest',
  ),
  RINGDOWN_TTS_THREADS: setting(
    value.threads,
    '2',
    'threads that speech models, and those that transcribe, compute with (1 to 64)',
  ),
  /** Any server that answers with a WAV file. */
  RINGDOWN_TTS_HTTP_URL: setting(
    serverUrl,
    undefined,
    'server that makes speech: it is sent JSON `{text, voice, rate}` by POST, or asked by GET when `{text}` (and `{voice}`, `{rate}`) stand in its address, and answers with WAV; without it none',
    true,
  ),
  RINGDOWN_TTS_HTTP_VOICES: setting(
    voiceList,
    undefined,
    "that server's voices and their languages, the default one first: `alice=en-GB,jens=de-DE`",
  ),
  RINGDOWN_TTS_HTTP_KEY: setting(
    value.visibleText,
    undefined,
    'bearer token for that server; without it none is sent',
    true,
  ),
  /** What makes text of recordings. */
  RINGDOWN_TRANSCRIBE_MODEL_DIR: setting(
    value.folder,
    undefined,
    'folder with a speech recognition model of sherpa-onnx (Whisper, NeMo, Zipformer, SenseVoice, Paraformer), by which recordings, and what callers say in a `gather`, become text; without it they do not; folders in it that are named by a language (`de`) hold models for `gather` in that language',
  ),
} as const

export function speechOf(v: SettingValues, absolute: (path: string) => string): SpeechConfig {
  const models = v.RINGDOWN_TTS_MODEL_DIR
  const listener = v.RINGDOWN_TRANSCRIBE_MODEL_DIR
  const url = v.RINGDOWN_TTS_HTTP_URL
  return {
    providers: v.RINGDOWN_TTS_PROVIDERS,
    voice: v.RINGDOWN_TTS_VOICE,
    cacheBytes: v.RINGDOWN_TTS_CACHE_MB * 1_000_000,
    modelDir: models && absolute(models),
    modelsLoaded: v.RINGDOWN_TTS_MODELS_LOADED,
    threads: v.RINGDOWN_TTS_THREADS,
    server: url === undefined ? undefined : { voices: v.RINGDOWN_TTS_HTTP_VOICES ?? [] },
    transcribeModelDir: listener && absolute(listener),
  }
}

/** A server without voices says nothing. */
export function faultsOfSpeech(v: SettingValues): string[] {
  const [url, voices] = [v.RINGDOWN_TTS_HTTP_URL, v.RINGDOWN_TTS_HTTP_VOICES]
  return (url === undefined) === (voices === undefined)
    ? []
    : ['RINGDOWN_TTS_HTTP_URL and RINGDOWN_TTS_HTTP_VOICES belong together: one of them is not set']
}
