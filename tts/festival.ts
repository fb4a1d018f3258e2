import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../engine/core/failures.ts'
import type { Voice } from '../engine/core/ports/speech.ts'
import { inBytes } from './letters.ts'
import type { PcmChunk, PcmStream, Rendered, Segment, SpeechProvider } from './provider.ts'
import { runStreamed } from './run-streamed.ts'
import { pcmOfWav } from './wav-stream.ts'

export interface FestivalOptions {
  /** Its look at the version, and what speaks. */
  readonly programs?: { readonly festival: string; readonly text2wave: string }
  /** Where Debian puts voices: a folder for each language, in it one for each voice. */
  readonly voicesFolder?: string
  readonly timeLimitMs?: number
}

const NAME = 'festival'
const LOOK_LIMIT_MS = 5000
/** Twelve minutes at 32 kHz. */
const MAX_OUTPUT_BYTES = 46_000_000

interface Tongue {
  readonly tag: string
  /** What voices of that language read. */
  readonly encoding: string
}

/** Languages by the name of their folder; voices of others are not offered: they could not be found by a tag. */
const TONGUES: Readonly<Record<string, Tongue>> = {
  english: { tag: 'en', encoding: 'latin1' },
  us: { tag: 'en-US', encoding: 'latin1' },
  british: { tag: 'en-GB', encoding: 'latin1' },
  italian: { tag: 'it', encoding: 'latin1' },
  spanish: { tag: 'es', encoding: 'latin1' },
  catalan: { tag: 'ca', encoding: 'latin1' },
  finnish: { tag: 'fi', encoding: 'latin1' },
  czech: { tag: 'cs', encoding: 'iso-8859-2' },
  russian: { tag: 'ru', encoding: 'utf-8' },
  hindi: { tag: 'hi', encoding: 'utf-8' },
  marathi: { tag: 'mr', encoding: 'utf-8' },
  telugu: { tag: 'te', encoding: 'utf-8' },
}

interface FestivalVoice extends Voice {
  readonly encoding: string
}

/** Festival as a child process, with the voices that Debian has of it. Plain text goes in by standard input. */
export class Festival implements SpeechProvider {
  readonly name = NAME
  readonly version: string
  readonly renders: ReadonlySet<Rendered> = new Set()
  readonly streams = false
  readonly #program: string
  readonly #timeLimitMs: number
  readonly #voices: readonly FestivalVoice[]
  readonly #missing: string | undefined

  constructor(options: FestivalOptions = {}) {
    const { festival, text2wave } = options.programs ?? {
      festival: 'festival',
      text2wave: 'text2wave',
    }
    this.#program = text2wave
    this.#timeLimitMs = options.timeLimitMs ?? 20_000
    const told = spawnSync(festival, ['--version'], { encoding: 'utf8', timeout: LOOK_LIMIT_MS })
    const version = /(\d+(?:\.\d+)+)/.exec(told.stdout ?? '')?.[1]
    this.version = version ?? 'none'
    const folder = options.voicesFolder ?? '/usr/share/festival/voices'
    this.#voices = version === undefined ? [] : voicesIn(folder)
    if (version === undefined) {
      const how = 'Debian: apt-get install festival festvox-kallpc16k'
      this.#missing = `The program ${festival} is not installed (${how})`
    } else if (this.#voices.length === 0) {
      this.#missing = 'There are no voices of festival (Debian: apt-get install festvox-kallpc16k)'
    }
  }

  unavailableBecause(): string | undefined {
    return this.#missing
  }

  voices(): readonly Voice[] {
    return this.#voices.map(({ encoding: _, ...voice }) => voice)
  }

  speak(segment: Segment, signal: AbortSignal): PcmStream {
    return this.#speak(segment, signal)
  }

  async *#speak(segment: Segment, signal: AbortSignal): AsyncGenerator<PcmChunk, void, undefined> {
    if (this.#missing !== undefined) throw new Failure('speech_unavailable', this.#missing)
    const voice = this.#voices.find(({ name }) => name === segment.voice)
    if (!voice) throw new Failure('speech_unavailable', `festival has no voice ${segment.voice}`)
    const { encoding, name } = voice
    const isWide = encoding === 'utf-8'
    const output = runStreamed({
      program: this.#program,
      // The name is that of a folder that was looked at; nothing else of a request is ever an expression.
      args: ['-eval', `(voice_${name})`],
      stdin: isWide ? segment.text : inBytes(segment.text, encoding, NAME),
      opensOutput: true,
      timeLimitMs: this.#timeLimitMs,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal,
    })
    yield* pcmOfWav(output, NAME)
  }
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

function voicesIn(folder: string): FestivalVoice[] {
  return namesIn(folder).flatMap((language) => {
    const tongue = TONGUES[language]
    if (tongue === undefined) return []
    return namesIn(join(folder, language))
      .filter((name) => /^[a-z0-9]+(?:_[a-z0-9]+)*$/i.test(name))
      .map((name) => voiceOf(join(folder, language, name), name, tongue))
  })
}

const dialects: Readonly<Record<string, string>> = {
  american: 'en-US',
  british: 'en-GB',
  scottish: 'en-GB',
}

/** What a voice tells of itself stands in its own program: `(gender male)`, `(dialect american)`. */
function voiceOf(folder: string, name: string, { tag, encoding }: Tongue): FestivalVoice {
  const says = textOf(join(folder, 'festvox', `${name}.scm`))
  const gender = /\(gender\s+(male|female)\)/.exec(says)?.[1]
  const dialect = /\(dialect\s+([a-z]+)\)/.exec(says)?.[1] ?? ''
  return {
    id: `${NAME}:${name}`,
    name,
    language: tag === 'en' ? (dialects[dialect] ?? 'en') : tag,
    ...(gender !== undefined && {
      gender: gender === 'male' ? ('male' as const) : ('female' as const),
    }),
    provider: NAME,
    rateHz: /_hts$/.test(name) ? 32_000 : 16_000,
    encoding,
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
