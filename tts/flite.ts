import { spawnSync } from 'node:child_process'
import { Failure } from '../engine/core/failures.ts'
import type { Voice } from '../engine/core/ports/speech.ts'
import { inLetters } from './letters.ts'
import type { PcmChunk, PcmStream, Rendered, Segment, SpeechProvider } from './provider.ts'
import { runStreamed } from './run-streamed.ts'
import { pcmOfWav } from './wav-stream.ts'

export interface FliteOptions {
  readonly program?: string
  readonly timeLimitMs?: number
}

const NAME = 'flite'
const LOOK_LIMIT_MS = 5000
const RATE_HZ = 16_000
/** Twelve minutes at 16 kHz. */
const MAX_OUTPUT_BYTES = 24_000_000

/** Those worth a list, the best first: `kal` is `kal16` at 8 kHz, `awb_time` tells the time alone. */
const KNOWN: readonly (readonly [name: string, language: string, gender: Voice['gender']])[] = [
  ['slt', 'en-US', 'female'],
  ['rms', 'en-US', 'male'],
  ['awb', 'en-GB', 'male'],
  ['kal16', 'en-US', 'male'],
]

/** Flite as a child process: English, small and fast. It is never given markup, and takes text as it is. */
export class Flite implements SpeechProvider {
  readonly name = NAME
  readonly version: string
  readonly renders: ReadonlySet<Rendered> = new Set(['rate'])
  readonly streams = false
  readonly #program: string
  readonly #timeLimitMs: number
  readonly #voices: readonly Voice[]
  readonly #missing: string | undefined

  constructor({ program = 'flite', timeLimitMs = 10_000 }: FliteOptions = {}) {
    this.#program = program
    this.#timeLimitMs = timeLimitMs
    const ask = (option: string) =>
      spawnSync(program, [option], { encoding: 'utf8', timeout: LOOK_LIMIT_MS }).stdout ?? ''
    const version = /version:\s*flite-(\S+)/.exec(ask('--version'))?.[1]
    this.version = version ?? 'none'
    const there = version === undefined ? [] : ask('-lv').split(/\s+/)
    this.#voices = KNOWN.filter(([name]) => there.includes(name)).map(voiceOf)
    if (version === undefined) {
      this.#missing = `The program ${program} is not installed (Debian: apt-get install flite)`
    } else if (this.#voices.length === 0) this.#missing = `The program ${program} has no voices`
  }

  unavailableBecause(): string | undefined {
    return this.#missing
  }

  voices(): readonly Voice[] {
    return this.#voices
  }

  speak(segment: Segment, signal: AbortSignal): PcmStream {
    return this.#speak(segment, signal)
  }

  async *#speak(
    { text, voice, rate }: Segment,
    signal: AbortSignal,
  ): AsyncGenerator<PcmChunk, void, undefined> {
    if (this.#missing !== undefined) throw new Failure('speech_unavailable', this.#missing)
    const output = runStreamed({
      program: this.#program,
      args: [
        ...['-voice', voice],
        ...['--setf', `duration_stretch=${(1 / rate).toFixed(3)}`],
        ...['-t', inLetters(text, NAME)],
        ...['-o', '/dev/stdout'],
      ],
      stdin: '',
      opensOutput: true,
      timeLimitMs: this.#timeLimitMs,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal,
    })
    yield* pcmOfWav(output, this.#program)
  }
}

const voiceOf = ([name, language, gender]: (typeof KNOWN)[number]): Voice => ({
  ...{ id: `${NAME}:${name}`, name, language, provider: NAME, rateHz: RATE_HZ },
  ...(gender !== undefined && { gender }),
})
