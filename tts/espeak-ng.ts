import { spawnSync } from 'node:child_process'
import { Failure } from '../engine/core/failures.ts'
import type { Voice } from '../engine/core/ports/speech.ts'
import { espeakCodes } from './espeak-ipa.ts'
import { espeakMarkup, withoutPhonemeCodes } from './espeak-markup.ts'
import type { PcmChunk, PcmStream, Rendered, Segment, SpeechProvider } from './provider.ts'
import { runStreamed } from './run-streamed.ts'
import type { Part } from './ssml/script.ts'
import { primaryOf, type VoiceWish } from './ssml/wish.ts'
import { pcmOfWav } from './wav-stream.ts'

export interface EspeakNgOptions {
  readonly program?: string
  readonly defaultVoice?: string
  readonly wordsPerMinute?: number
  readonly timeLimitMs?: number
}

const NAME = 'espeak-ng'
const RATE_HZ = 22_050
const LOOK_LIMIT_MS = 5000
/** Twelve minutes at 22.05 kHz. */
const MAX_OUTPUT_BYTES = 32_000_000
const VOICE_SHAPE = /^[a-z0-9]+(?:[-_][a-z0-9]+)*(\+[a-z0-9]+)?$/i
const FEMALE = 'f3'

/** The file of each language tag. */
type Files = ReadonlyMap<string, string>

/** Looks once, at start, whether the program is there and which languages it has. */
function look(program: string): { version: string; files: Files } | undefined {
  const ask = (option: string) =>
    spawnSync(program, [option], { encoding: 'utf8', timeout: LOOK_LIMIT_MS })
  const version = /(\d+(?:\.\d+)+)/.exec(ask('--version').stdout ?? '')?.[1]
  if (version === undefined) return undefined
  return { version, files: readVoices(ask('--voices').stdout ?? '') }
}

/** Language tags of `--voices`: second column, and the alternatives in brackets at the end. */
function readVoices(listing: string): Files {
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
 * utterance. Text or markup goes in by standard input, a WAV of 22.05 kHz comes out while it is made.
 */
export class EspeakNg implements SpeechProvider {
  readonly name = NAME
  readonly version: string
  readonly renders: ReadonlySet<Rendered> = new Set([
    ...(['rate', 'pitch', 'volume', 'spelled', 'ipa'] as const),
  ])
  readonly streams = true
  readonly #program: string
  readonly #defaultVoice: string
  readonly #wordsPerMinute: number
  readonly #timeLimitMs: number
  readonly #files: Files
  readonly #voices: readonly Voice[]
  readonly #missing: string | undefined

  constructor(options: EspeakNgOptions = {}) {
    this.#program = options.program ?? 'espeak-ng'
    this.#defaultVoice = options.defaultVoice ?? 'en-us'
    this.#wordsPerMinute = options.wordsPerMinute ?? 175
    this.#timeLimitMs = options.timeLimitMs ?? 10_000
    const found = look(this.#program)
    this.#files = found?.files ?? new Map()
    this.version = `${found?.version ?? 'none'}/${this.#wordsPerMinute}`
    const isDefault = (name: string) => name === this.#defaultVoice
    this.#voices = [...this.#files.keys()]
      .toSorted((a, b) => Number(isDefault(b)) - Number(isDefault(a)) || (a < b ? -1 : 1))
      .map(voiceOf)
    this.#missing = found
      ? undefined
      : `The program ${this.#program} is not installed (Debian: apt-get install espeak-ng)`
  }

  unavailableBecause(): string | undefined {
    return this.#missing
  }

  voices(): readonly Voice[] {
    return this.#voices
  }

  /** Also takes a variant (`en-us+f3`), which are too many for the list. */
  findVoice(wanted: string, exact: boolean): Voice | undefined {
    if (wanted.length > 40 || !VOICE_SHAPE.test(wanted)) return undefined
    const [tag = '', variant] = wanted.toLowerCase().replaceAll('_', '-').split('+')
    const names = exact ? [tag] : [tag, tag.split('-')[0] ?? tag]
    const known = names.find((name) => this.#files.has(name))
    if (known === undefined) return undefined
    // The program forgets the variant of a tag that is not the name of a file (en-gb is in `en`).
    return voiceOf(variant === undefined ? known : `${this.#files.get(known)}+${variant}`)
  }

  /** Keeps the variant in another language; female is one variant, male is none. */
  voiceLike({ name }: Voice, { language, gender }: VoiceWish): Voice | undefined {
    const [tag = '', variant] = name.split('+')
    if (language !== undefined && !/^[\w-]+$/.test(language)) return undefined
    const isFemale = /^f\d/.test(variant ?? '')
    const fits = gender === undefined || (gender === 'female') === isFemale
    const suited = fits ? variant : gender === 'female' ? FEMALE : undefined
    return this.findVoice(
      suited === undefined ? (language ?? tag) : `${language ?? tag}+${suited}`,
      false,
    )
  }

  takesIpa({ language }: Voice, ipa: string): boolean {
    return espeakCodes(ipa, language) !== undefined
  }

  speak(segment: Segment, signal: AbortSignal): PcmStream {
    const { text, voice, ipa } = segment
    const isPlain =
      segment.rate === 1 && segment.octaves === 0 && segment.gain === 1 && !segment.spelled && !ipa
    return isPlain
      ? this.#run(withoutPhonemeCodes(text), voice, [], signal)
      : this.speakScript([{ is: 'run', ...segment }], voice, signal)
  }

  speakScript(parts: readonly Part[], voice: string, signal: AbortSignal): PcmStream {
    return this.#run(espeakMarkup(parts, voice, tagOf), voice, ['-m'], signal)
  }

  async *#run(
    stdin: string,
    voice: string,
    more: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<PcmChunk, void, undefined> {
    if (this.#missing !== undefined) throw new Failure('speech_unavailable', this.#missing)
    const output = runStreamed({
      program: this.#program,
      args: [
        '--stdin',
        '--stdout',
        ...['-b', '1'],
        ...['-v', voice],
        ...['-s', String(this.#wordsPerMinute)],
        ...more,
      ],
      stdin,
      timeLimitMs: this.#timeLimitMs,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal,
    })
    yield* pcmOfWav(output, this.#program)
  }
}

const tagOf = (name: string) => languageOf(name.split('+')[0] ?? name)

/** Its voices are men, but for the variants of women. */
const voiceOf = (name: string): Voice => ({
  id: `${NAME}:${name}`,
  name,
  language: tagOf(name),
  gender: /\+f/.test(name) ? 'female' : 'male',
  provider: NAME,
  rateHz: RATE_HZ,
})

/** As BCP 47 writes it; some tags of the program's are none, and stand for their language. */
function languageOf(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag
  } catch {
    return primaryOf(tag)
  }
}
