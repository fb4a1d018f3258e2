import { Failure } from '../../engine/core/failures.ts'
import { MAX_TEXT_CHARACTERS, refuseUnspeakable } from '../text.ts'

/** How words are said, compared with the voice's own way. */
export interface Manner {
  /** The provider's own name of the voice. */
  readonly voice: string
  /** Factor of speed, 0.5 to 3. */
  readonly rate: number
  /** Factor of amplitude, 0 to 2. */
  readonly gain: number
  /** Pitch, in octaves up or down, -1 to 1. */
  readonly octaves: number
}
export interface Run extends Manner {
  readonly is: 'run'
  readonly text: string
  /** Character by character instead of as words. */
  readonly spelled: boolean
}
export type Part =
  | Run
  | { readonly is: 'pause'; readonly durationMs: number }
  /** The end of a sentence or paragraph: the voice falls, and rests in its own way. */
  | { readonly is: 'end'; readonly of: 'sentence' | 'paragraph' }

/**
 * What a marked-up document comes to, in terms that every provider can follow. It begins and ends with a
 * run; pauses do not stand beside each other and come after an end.
 */
export interface Script {
  readonly parts: readonly Part[]
  /** Silence around it: the pauses with which the document began and ended. */
  readonly leadMs: number
  readonly tailMs: number
  /** What could not be followed, for the log; nothing of what is said. */
  readonly warnings: readonly string[]
}

const MAX_PAUSES_MS = 60_000
const MAX_WARNINGS = 10
/** A spelled character takes about as long as this many of running text (measured: 360 and 65 ms). */
const SPELLED_CHARACTERS = 5

export class ScriptBuilder {
  readonly #parts: Part[] = []
  readonly #warnings = new Set<string>()
  #characters = 0
  #pausesMs = 0
  #leadMs = 0

  /** @throws Failure `invalid_request` for text that is too long or can not be spoken. */
  say(text: string, manner: Manner, spelled: boolean): void {
    refuseUnspeakable(text)
    const last = this.#parts.at(-1)
    const before = last?.is === 'run' ? last : undefined
    let even = text.replace(/\s+/gu, ' ')
    if (!before || before.text.endsWith(' ')) even = even.trimStart()
    if (even === '') return
    this.#characters += even.length * (spelled ? SPELLED_CHARACTERS : 1)
    if (this.#characters > MAX_TEXT_CHARACTERS) {
      throw refused(`The document says more than ${MAX_TEXT_CHARACTERS} characters`)
    }
    const run: Run = { is: 'run', text: even, spelled, ...manner }
    // White space alone is said by nobody: it needs no run of its own.
    if (before && (even === ' ' || isAlike(before, run))) {
      this.#parts[this.#parts.length - 1] = { ...before, text: before.text + even }
    } else {
      this.#parts.push(run)
    }
  }

  /** @throws Failure `invalid_request` when all pauses together are too long. */
  pause(durationMs: number): void {
    this.#pausesMs += durationMs
    if (this.#pausesMs > MAX_PAUSES_MS) {
      throw refused(`The document pauses for more than ${MAX_PAUSES_MS / 1000} s in all`)
    }
    if (this.#parts.length === 0) this.#leadMs += durationMs
    else if (durationMs > 0)
      this.#parts.push({ is: 'pause', durationMs: this.#takePause() + durationMs })
  }

  end(of: 'sentence' | 'paragraph'): void {
    if (this.#parts.length === 0) return
    const durationMs = this.#takePause()
    const last = this.#parts.at(-1)
    if (last?.is === 'end' && of === 'paragraph') this.#parts.pop()
    if (last?.is !== 'end' || of === 'paragraph') this.#parts.push({ is: 'end', of })
    if (durationMs > 0) this.#parts.push({ is: 'pause', durationMs })
  }

  warn(what: string): void {
    if (this.#warnings.size < MAX_WARNINGS) this.#warnings.add(what.slice(0, 80))
  }

  /** @throws Failure `invalid_request` when nothing is said. */
  finish(): Script {
    const tailMs = this.#takePause()
    if (this.#parts.at(-1)?.is === 'end') this.#parts.pop()
    if (this.#parts.length === 0) throw refused('The text is empty')
    return { parts: this.#parts, leadMs: this.#leadMs, tailMs, warnings: [...this.#warnings] }
  }

  #takePause(): number {
    const last = this.#parts.at(-1)
    if (last?.is !== 'pause') return 0
    this.#parts.pop()
    return last.durationMs
  }
}

const refused = (why: string) => new Failure('invalid_request', why, 'text')

const isAlike = (a: Run, b: Run) =>
  a.voice === b.voice &&
  a.rate === b.rate &&
  a.gain === b.gain &&
  a.octaves === b.octaves &&
  a.spelled === b.spelled
