import { Failure } from '../engine/core/failures.ts'
import type { Voice } from '../engine/core/ports/speech.ts'
import type { PcmChunk, PcmStream, Rendered, Segment, SpeechProvider } from './provider.ts'
import { pcmOfWav } from './wav-stream.ts'

export interface HttpSpeechOptions {
  /**
   * With `{text}` in it, a GET in which `{text}`, `{voice}` and `{rate}` are filled in; else a POST of a JSON
   * object of those.
   */
  readonly url: string
  /** Sent as a bearer token. */
  readonly key?: string
  /** The server's names of its voices; the first is the default. */
  readonly voices: readonly { readonly name: string; readonly language: string }[]
  /** Till the first sound, for a text of no length; default 5 s. 10 ms are added for each character. */
  readonly firstSoundLimitMs?: number
  /** Till the last; default 60 s. */
  readonly timeLimitMs?: number
  readonly maxBytes?: number
}

const NAME = 'http'
/** A caller hears nothing meanwhile; a server that makes all before it answers takes longer for a long text. */
const FIRST_SOUND_MS = 5000
const MS_A_CHARACTER = 10
/** Told in lists; what comes says itself at which rate it is. */
const LIKELY_RATE_HZ = 22_050

const unavailable = (why: string, cause?: unknown) =>
  new Failure('speech_unavailable', `The speech server ${why}`, undefined, { cause })

/** Any server that takes text and answers with a WAV file, which is heard while it comes. */
export class HttpSpeech implements SpeechProvider {
  readonly name = NAME
  readonly version: string
  readonly renders: ReadonlySet<Rendered> = new Set(['rate'])
  readonly streams = true
  readonly isRemote = true
  readonly #options: HttpSpeechOptions
  readonly #voices: readonly Voice[]

  constructor(options: HttpSpeechOptions) {
    this.#options = options
    this.version = options.url
    this.#voices = options.voices.map(({ name, language }) => ({
      ...{ id: `${NAME}:${name}`, name, language, provider: NAME, rateHz: LIKELY_RATE_HZ },
    }))
  }

  unavailableBecause(): string | undefined {
    return this.#voices.length === 0 ? 'No voices of the speech server are named' : undefined
  }

  voices(): readonly Voice[] {
    return this.#voices
  }

  speak(segment: Segment, signal: AbortSignal): PcmStream {
    return this.#speak(segment, signal)
  }

  async *#speak(segment: Segment, signal: AbortSignal): AsyncGenerator<PcmChunk, void, undefined> {
    const { timeLimitMs = 60_000, firstSoundLimitMs = FIRST_SOUND_MS } = this.#options
    const limit = AbortSignal.timeout(timeLimitMs)
    const silence = new AbortController()
    const firstMs = firstSoundLimitMs + segment.text.length * MS_A_CHARACTER
    const timer = setTimeout(() => silence.abort(), firstMs)
    const stop = AbortSignal.any([signal, limit, silence.signal])
    try {
      const body = await this.#ask(segment, stop)
      for await (const chunk of pcmOfWav(this.#limited(body), 'The speech server')) {
        clearTimeout(timer)
        yield chunk
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (silence.signal.aborted) throw unavailable(`gave no sound within ${firstMs} ms`, error)
      if (limit.aborted) throw unavailable('took too long', error)
      if (error instanceof Failure) throw error
      throw unavailable('can not be reached, or broke off', error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #ask(segment: Segment, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { url, key } = this.#options
    const { text, voice, rate } = segment
    const isGet = url.includes('{text}')
    const answer = await fetch(isGet ? filledIn(url, segment) : url, {
      method: isGet ? 'GET' : 'POST',
      // Where the key goes is the operator's word alone.
      redirect: 'error',
      headers: {
        accept: 'audio/wav',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(!isGet && { 'content-type': 'application/json' }),
      },
      ...(!isGet && { body: JSON.stringify({ text, voice, rate }) }),
      signal,
    })
    if (answer.ok && answer.body) return answer.body
    await answer.body?.cancel()
    throw unavailable(`answered with status ${answer.status}`)
  }

  async *#limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const max = this.#options.maxBytes ?? 64_000_000
    let bytes = 0
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > max) throw unavailable('sent too much')
      yield chunk
    }
  }
}

const filledIn = (url: string, { text, voice, rate }: Segment): string =>
  url
    .replaceAll('{voice}', encodeURIComponent(voice))
    .replaceAll('{rate}', String(rate))
    .replaceAll('{text}', () => encodeURIComponent(text))
