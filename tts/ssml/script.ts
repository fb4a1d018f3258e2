import { Failure } from '../../engine/core/failures.ts'
import { MAX_TEXT_CHARACTERS, refuseUnspeakable } from '../text.ts'

/** How words are said, compared with the voice's own way. */
export interface Manner {
  /** The voice's id; for a provider its own name of it. */
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
  /** What is said in place of the text, in the International Phonetic Alphabet. */
  readonly ipa?: string
}
export type Part =
  | Run
  | { readonly is: 'pause'; readonly durationMs: number }
  /** The end of a sentence or paragraph: the voice falls, and rests in its own way. */
  | { readonly is: 'end'; readonly of: 'sentence' | 'paragraph' }

/** What no provider is given. */
export type Aside =
  /** A place whose time is told. */
  | { readonly is: 'mark'; readonly name: string }
  /** A file that is played, or where it is not to be had, what is said instead. */
  | { readonly is: 'audio'; readonly url: string; readonly instead: readonly Step[] }
export type Step = Part | Aside

/**
 * What a marked-up document comes to, in terms that every provider can follow. Pauses do not stand beside each other
 * and come after an end.
 */
export interface Script {
  readonly steps: readonly Step[]
  /** Silence around it: the pauses with which the document began and ended. */
  readonly leadMs: number
  readonly tailMs: number
  /** What could not be followed, for the log; nothing of what is said. */
  readonly warnings: readonly string[]
}

const MAX_PAUSES_MS = 60_000
const MAX_WARNINGS = 10
const MAX_ASIDES = 100
/** A spelled character takes about as long as this many of running text (measured: 360 and 65 ms). */
const SPELLED_CHARACTERS = 5

/** Where an element of the document begins to be one: the end of its tag. */
interface Place {
  readonly line: number
  readonly column: number
}

export class ScriptBuilder {
  /** Each with where it was first. */
  readonly #warnings = new Map<string, string>()
  #steps: Step[] = []
  #isAside = false
  #asides = 0
  #characters = 0
  #pausesMs = 0
  #leadMs = 0

  /** @throws Failure `invalid_request` for text that is too long or can not be spoken. */
  say(text: string, manner: Manner, spelled: boolean, ipa?: string): void {
    refuseUnspeakable(text)
    const last = this.#steps.at(-1)
    const before = last?.is === 'run' ? last : undefined
    let even = text.replace(/\s+/gu, ' ')
    if (!before || before.text.endsWith(' ')) even = even.trimStart()
    if (even === '') return
    this.#characters += even.length * (spelled ? SPELLED_CHARACTERS : 1)
    if (this.#characters > MAX_TEXT_CHARACTERS) {
      throw refused(`The document says more than ${MAX_TEXT_CHARACTERS} characters`)
    }
    const { voice, rate, gain, octaves } = manner
    const run: Run = {
      is: 'run',
      text: even,
      spelled,
      voice,
      rate,
      gain,
      octaves,
      ...(ipa && { ipa }),
    }
    // White space alone is said by nobody: it needs no run of its own.
    if (before && ((even === ' ' && !before.ipa) || isAlike(before, run))) {
      this.#steps[this.#steps.length - 1] = { ...before, text: before.text + even }
    } else {
      this.#steps.push(run)
    }
  }

  /** @throws Failure `invalid_request` when all pauses together are too long. */
  pause(durationMs: number): void {
    this.#pausesMs += durationMs
    if (this.#pausesMs > MAX_PAUSES_MS) {
      throw refused(`The document pauses for more than ${MAX_PAUSES_MS / 1000} s in all`)
    }
    if (this.#steps.length === 0 && !this.#isAside) this.#leadMs += durationMs
    else if (durationMs > 0)
      this.#steps.push({ is: 'pause', durationMs: this.#takePause() + durationMs })
  }

  end(of: 'sentence' | 'paragraph'): void {
    if (this.#steps.length === 0) return
    const durationMs = this.#takePause()
    const last = this.#steps.at(-1)
    if (last?.is === 'end' && of === 'paragraph') this.#steps.pop()
    if (last?.is !== 'end' || of === 'paragraph') this.#steps.push({ is: 'end', of })
    if (durationMs > 0) this.#steps.push({ is: 'pause', durationMs })
  }

  /** @throws Failure `invalid_request` for more than there may be. */
  mark(name: string): void {
    this.#aside({ is: 'mark', name })
  }

  /** `fill` says what is to be heard where the file is not. Failure as of `mark`. */
  audio(url: string, fill: () => void): void {
    const [outer, wasAside] = [this.#steps, this.#isAside]
    this.#steps = []
    this.#isAside = true
    fill()
    const instead = this.#steps
    this.#steps = outer
    this.#isAside = wasAside
    this.#aside({ is: 'audio', url, instead })
  }

  warn(what: string, { line, column }: Place): void {
    const short = what.slice(0, 80)
    if (this.#warnings.size >= MAX_WARNINGS || this.#warnings.has(short)) return
    this.#warnings.set(short, `line ${line}, column ${column}: ${short}`)
  }

  /** @throws Failure `invalid_request` when nothing is to be heard. */
  finish(): Script {
    const tailMs = this.#takePause()
    if (this.#steps.at(-1)?.is === 'end') this.#steps.pop()
    const isHeard = this.#steps.some(({ is }) => is === 'run' || is === 'audio')
    if (!isHeard) throw refused('The text is empty')
    return {
      steps: this.#steps,
      leadMs: this.#leadMs,
      tailMs,
      warnings: [...this.#warnings.values()],
    }
  }

  #aside(aside: Aside): void {
    this.#asides += 1
    if (this.#asides > MAX_ASIDES) {
      throw refused(`The document has more than ${MAX_ASIDES} marks and files`)
    }
    this.#steps.push(aside)
  }

  #takePause(): number {
    const last = this.#steps.at(-1)
    if (last?.is !== 'pause') return 0
    this.#steps.pop()
    return last.durationMs
  }
}

const refused = (why: string) => new Failure('invalid_request', why, 'text')

const isAlike = (a: Run, b: Run) =>
  a.voice === b.voice &&
  a.rate === b.rate &&
  a.gain === b.gain &&
  a.octaves === b.octaves &&
  a.spelled === b.spelled &&
  a.ipa === undefined &&
  b.ipa === undefined
