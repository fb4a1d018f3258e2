import { spawnSync } from 'node:child_process'
import { Failure } from '../engine/core/failures.ts'
import type { SpeechProvider } from './provider.ts'
import { RunFault, runBounded } from './run-bounded.ts'

export interface EspeakNgOptions {
  readonly program?: string
  readonly defaultVoice?: string
  readonly wordsPerMinute?: number
  readonly timeLimitMs?: number
}

const LOOK_LIMIT_MS = 5000
/** Twelve minutes at 22.05 kHz. */
const MAX_OUTPUT_BYTES = 32_000_000
const VOICE_SHAPE = /^[a-z0-9]+(?:[-_][a-z0-9]+)*(\+[a-z0-9]+)?$/i

/** Looks once, at start, whether the program is there and which languages it has. */
function look(program: string): { version: string; voices: ReadonlySet<string> } | undefined {
  const ask = (option: string) =>
    spawnSync(program, [option], { encoding: 'utf8', timeout: LOOK_LIMIT_MS })
  const version = /(\d+(?:\.\d+)+)/.exec(ask('--version').stdout ?? '')?.[1]
  if (version === undefined) return undefined
  return { version, voices: readVoices(ask('--voices').stdout ?? '') }
}

/** Language tags of `--voices`: second column, and the alternatives in brackets at the end. */
function readVoices(listing: string): ReadonlySet<string> {
  const voices = new Set<string>()
  for (const line of listing.split('\n').slice(1)) {
    const tag = /^\s*\d+\s+(\S+)/.exec(line)?.[1]
    if (tag) voices.add(tag.toLowerCase())
    for (const [, other] of line.matchAll(/\(([\w-]+) \d+\)/g)) voices.add(other!.toLowerCase())
  }
  return voices
}

/**
 * espeak-ng as a child process: its licence (GPL) stays outside ours, and a fault in it ends one
 * utterance. Text goes in by standard input, a WAV of 22.05 kHz comes out.
 */
export class EspeakNg implements SpeechProvider {
  readonly name = 'espeak-ng'
  readonly version: string
  readonly #program: string
  readonly #defaultVoice: string
  readonly #wordsPerMinute: number
  readonly #timeLimitMs: number
  readonly #voices: ReadonlySet<string>
  readonly #missing: string | undefined

  constructor(options: EspeakNgOptions = {}) {
    this.#program = options.program ?? 'espeak-ng'
    this.#defaultVoice = options.defaultVoice ?? 'en-us'
    this.#wordsPerMinute = options.wordsPerMinute ?? 175
    this.#timeLimitMs = options.timeLimitMs ?? 10_000
    const found = look(this.#program)
    this.#voices = found?.voices ?? new Set()
    this.version = `${found?.version ?? 'none'}/${this.#wordsPerMinute}`
    this.#missing = found
      ? undefined
      : `The program ${this.#program} is not installed (Debian: apt-get install espeak-ng)`
  }

  unavailableBecause(): string | undefined {
    return this.#missing
  }

  /** Also takes a variant (`en-us+f3`); a region that it does not have falls back to the language. */
  resolveVoice(voice: string = this.#defaultVoice): string | undefined {
    if (voice.length > 40 || !VOICE_SHAPE.test(voice)) return undefined
    const [tag = '', variant] = voice.toLowerCase().replaceAll('_', '-').split('+')
    const suffix = variant === undefined ? '' : `+${variant}`
    const language = tag.split('-')[0] ?? tag
    const known = [tag, language].find((name) => this.#voices.has(name))
    return known === undefined ? undefined : known + suffix
  }

  async synthesise(text: string, voice: string, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#missing !== undefined) throw new Failure('speech_unavailable', this.#missing)
    try {
      return await runBounded({
        program: this.#program,
        args: ['--stdin', '--stdout', '-b', '1', '-v', voice, '-s', String(this.#wordsPerMinute)],
        // Double brackets would be taken for phoneme codes.
        stdin: text.replaceAll('[[', '[ ['),
        timeLimitMs: this.#timeLimitMs,
        maxOutputBytes: MAX_OUTPUT_BYTES,
        signal,
      })
    } catch (error) {
      if (!(error instanceof RunFault)) throw error
      throw new Failure('speech_unavailable', error.message, undefined, { cause: error })
    }
  }
}
