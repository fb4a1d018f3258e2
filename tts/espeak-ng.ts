import { spawnSync } from 'node:child_process'
import { Failure } from '../engine/core/failures.ts'
import { espeakMarkup, withoutPhonemeCodes } from './espeak-markup.ts'
import type { SpeechProvider, Words } from './provider.ts'
import { RunFault, runBounded } from './run-bounded.ts'
import type { Part } from './ssml/script.ts'
import type { VoiceWish } from './ssml/voices.ts'

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
const FEMALE = 'f3'

/** The file of each language tag. */
type Voices = ReadonlyMap<string, string>

/** Looks once, at start, whether the program is there and which languages it has. */
function look(program: string): { version: string; voices: Voices } | undefined {
  const ask = (option: string) =>
    spawnSync(program, [option], { encoding: 'utf8', timeout: LOOK_LIMIT_MS })
  const version = /(\d+(?:\.\d+)+)/.exec(ask('--version').stdout ?? '')?.[1]
  if (version === undefined) return undefined
  return { version, voices: readVoices(ask('--voices').stdout ?? '') }
}

/** Language tags of `--voices`: second column, and the alternatives in brackets at the end. */
function readVoices(listing: string): Voices {
  const files = new Map<string, string>()
  const tags: [string, string][] = []
  for (const line of listing.split('\n').slice(1)) {
    const [tag, path] = /^\s*\d+\s+(\S+)\s+\S+\s+\S+\s+(\S+)/.exec(line)?.slice(1) ?? []
    if (tag === undefined || path === undefined) continue
    const file = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
    files.set(file, file)
    tags.push([tag.toLowerCase(), file])
    for (const [, other] of line.matchAll(/\(([\w-]+) \d+\)/g)) {
      tags.push([other!.toLowerCase(), file])
    }
  }
  // A file of that very name is the one that the program takes for a tag, before others that offer it.
  return new Map([...tags.reverse(), ...[...files].filter(([file]) => hasTag(tags, file))])
}

const hasTag = (tags: readonly (readonly [string, string])[], file: string) =>
  tags.some(([tag]) => tag === file)

/**
 * espeak-ng as a child process: its licence (GPL) stays outside ours, and a fault in it ends one
 * utterance. Text or markup goes in by standard input, a WAV of 22.05 kHz comes out.
 */
export class EspeakNg implements SpeechProvider {
  readonly name = 'espeak-ng'
  readonly version: string
  readonly #program: string
  readonly #defaultVoice: string
  readonly #wordsPerMinute: number
  readonly #timeLimitMs: number
  readonly #voices: Voices
  readonly #missing: string | undefined

  constructor(options: EspeakNgOptions = {}) {
    this.#program = options.program ?? 'espeak-ng'
    this.#defaultVoice = options.defaultVoice ?? 'en-us'
    this.#wordsPerMinute = options.wordsPerMinute ?? 175
    this.#timeLimitMs = options.timeLimitMs ?? 10_000
    const found = look(this.#program)
    this.#voices = found?.voices ?? new Map()
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
    const language = tag.split('-')[0] ?? tag
    const known = [tag, language].find((name) => this.#voices.has(name))
    // The program forgets the variant of a tag that is not the name of a file (en-gb is in `en`).
    if (known === undefined || variant === undefined) return known
    return `${this.#voices.get(known)}+${variant}`
  }

  /** Keeps the variant in another language; female is one variant, male is none. */
  voiceLike(voice: string, { language, gender }: VoiceWish): string | undefined {
    const [tag = '', variant] = voice.split('+')
    if (language !== undefined && !/^[\w-]+$/.test(language)) return undefined
    const isFemale = /^f\d/.test(variant ?? '')
    const fits = gender === undefined || (gender === 'female') === isFemale
    const suited = fits ? variant : gender === 'female' ? FEMALE : undefined
    return this.resolveVoice(
      suited === undefined ? (language ?? tag) : `${language ?? tag}+${suited}`,
    )
  }

  markup(parts: readonly Part[], voice: string): string {
    return espeakMarkup(parts, voice)
  }

  async synthesise(words: Words, voice: string, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#missing !== undefined) throw new Failure('speech_unavailable', this.#missing)
    try {
      return await runBounded({
        program: this.#program,
        args: [
          '--stdin',
          '--stdout',
          ...['-b', '1'],
          ...['-v', voice],
          ...['-s', String(this.#wordsPerMinute)],
          ...(words.isMarkup ? ['-m'] : []),
        ],
        stdin: words.isMarkup ? words.text : withoutPhonemeCodes(words.text),
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
