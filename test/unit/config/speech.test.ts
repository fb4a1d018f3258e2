import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../engine/config/index.ts'

const read = (env: Record<string, string>) => readConfig(env, '/srv')

describe('settings of speech', () => {
  test('have defaults', () => {
    expect(read({}).speech).toEqual({
      providers: ['espeak-ng', 'sherpa', 'http', 'flite', 'festival'],
      voice: undefined,
      cacheBytes: 256_000_000,
      ...{ modelDir: undefined, modelsLoaded: 2, threads: 2 },
      ...{ server: undefined, transcribeModelDir: undefined },
    })
  })

  test('name folders, providers and a server, whose key is a secret', () => {
    const { speech, secrets } = read({
      RINGDOWN_TTS_PROVIDERS: 'sherpa, espeak-ng',
      RINGDOWN_TTS_VOICE: 'espeak-ng:de',
      RINGDOWN_TTS_CACHE_MB: '20',
      RINGDOWN_TTS_MODEL_DIR: 'voices',
      RINGDOWN_TRANSCRIBE_MODEL_DIR: '/models/whisper',
      RINGDOWN_TTS_HTTP_URL: 'http://127.0.0.1:5002/say?t={text}&v={voice}',
      RINGDOWN_TTS_HTTP_VOICES: 'alice=en-GB, jens=de',
      RINGDOWN_TTS_HTTP_KEY: 'hush',
    })
    expect(speech).toEqual({
      providers: ['sherpa', 'espeak-ng'],
      voice: 'espeak-ng:de',
      cacheBytes: 20_000_000,
      modelDir: '/srv/voices',
      ...{ modelsLoaded: 2, threads: 2 },
      server: {
        voices: [
          { name: 'alice', language: 'en-GB' },
          { name: 'jens', language: 'de' },
        ],
      },
      transcribeModelDir: '/models/whisper',
    })
    expect(secrets).toMatchObject({
      speechUrl: 'http://127.0.0.1:5002/say?t={text}&v={voice}',
      speechKey: 'hush',
    })
  })

  test.each([
    [{ RINGDOWN_TTS_PROVIDERS: 'espeak-ng,espeak-ng' }, 'at most once'],
    [{ RINGDOWN_TTS_VOICE: 'a voice' }, 'without spaces'],
    [{ RINGDOWN_TTS_PROVIDERS: 'someone' }, 'a comma-separated list of espeak-ng'],
    [
      { RINGDOWN_TTS_HTTP_URL: 'ftp://a.example', RINGDOWN_TTS_HTTP_VOICES: 'a=en' },
      'http or https',
    ],
    [{ RINGDOWN_TTS_HTTP_VOICES: 'alice' }, 'a comma-separated list of voices'],
    [{ RINGDOWN_TTS_HTTP_URL: 'http://a.example' }, 'belong together'],
  ])('%o is refused', (env, says) => {
    expect(() => read(env)).toThrow(says)
  })
})
