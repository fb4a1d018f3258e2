import { Failure } from '../engine/core/failures.ts'
import { type Piece, type SpeechPiece, said } from './plan.ts'
import type { SpeechProvider } from './provider.ts'
import type { VoiceBook } from './voice-book.ts'

export interface StandInsOptions {
  /** Till the first sound, for a text of no length; default 5 s. 10 ms are added for each character. */
  readonly firstSoundMs?: number
  /** Of a clock that never goes back. */
  readonly nowMs?: () => number
}

const FIRST_SOUND_MS = 5000
const MS_A_CHARACTER = 10
/** Who has cost a caller so much time is not asked for a while, or each caller would wait as long. */
const COSTLY_MS = 1000
const REST_MS = 30_000

/** Who speaks in the place of a provider that does not. */
export class StandIns {
  readonly #book: VoiceBook
  readonly #firstSoundMs: number
  readonly #nowMs: () => number
  readonly #restsUntilMs = new Map<SpeechProvider, number>()

  constructor(book: VoiceBook, options: StandInsOptions = {}) {
    this.#book = book
    this.#firstSoundMs = options.firstSoundMs ?? FIRST_SOUND_MS
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  /** The same words by the next providers that speak their languages; undefined where nobody else does. */
  insteadOf(piece: SpeechPiece, without: ReadonlySet<SpeechProvider>): Piece[] | undefined {
    const ids = new Map<string, string>()
    for (const { voice } of piece.asked.filter((part) => part.is === 'run')) {
      const instead = this.#book.insteadOf(voice, without)
      if (!instead) return undefined
      ids.set(voice, instead.voice.id)
    }
    return said(piece, (voice) => ids.get(voice) ?? voice, this.#book)
  }

  isResting(provider: SpeechProvider): boolean {
    return this.#nowMs() < (this.#restsUntilMs.get(provider) ?? 0)
  }

  /**
   * What `make` gives, if its first sound comes in time: else Failure `speech_unavailable`, as of all that keeps it
   * from speaking.
   */
  async *inTime(
    { provider, asked, voiceId }: SpeechPiece,
    make: (signal: AbortSignal) => AsyncIterable<Int16Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Int16Array, void, undefined> {
    const limitMs = this.#firstSoundMs + charactersOf(asked) * MS_A_CHARACTER
    const startMs = this.#nowMs()
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), limitMs)
    let isHeard = false
    try {
      for await (const pcm of make(AbortSignal.any([signal, late.signal]))) {
        clearTimeout(timer)
        isHeard ||= pcm.length > 0
        yield pcm
      }
    } catch (error) {
      if (signal.aborted || isHeard) throw error
      const nowMs = this.#nowMs()
      if (nowMs - startMs > COSTLY_MS) this.#restsUntilMs.set(provider, nowMs + REST_MS)
      if (!late.signal.aborted) throw error
      const why = `${voiceId} gave no sound within ${limitMs} ms`
      throw new Failure('speech_unavailable', why, undefined, { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }
}

const charactersOf = (asked: SpeechPiece['asked']): number =>
  asked.reduce((sum, part) => sum + (part.is === 'run' ? part.text.length : 0), 0)
