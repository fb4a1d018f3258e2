import { Failure } from '../engine/core/failures.ts'
import type { SpeechMark } from '../engine/core/ports/speech.ts'
import { SoundWriter } from '../engine/dsp/growing-sound.ts'
import { twoRateWav } from '../engine/dsp/two-rate-wav.ts'
import type { CachedUtterance } from './cache.ts'
import { RATE_HZ } from './render.ts'
import { NARROW_HZ, narrowing } from './two-rates.ts'

/** The longest text there may be lasts six minutes or so; its pauses, and what it plays, are added. */
const MOST_SECONDS = 15 * 60

/** What gives the sound of an utterance: it is written as it comes, and at last stored. */
export interface Maker {
  make(making: Making, signal: AbortSignal): Promise<void>
  store(wav: Uint8Array, isFinal: boolean): Promise<CachedUtterance>
}

/** An utterance on its way, shared by all who asked for it meanwhile. */
export class Making {
  readonly marks: SpeechMark[] = []
  readonly warnings: string[] = []
  /** False: it would sound another way if it were made again, so it is not what its key in the cache says. */
  isFinal = true
  /** A voice was heard in it; silence and files are none. */
  isSpoken = false
  /** Resolves with the first sound; rejects where it ends without. */
  readonly begun: Promise<void>
  /** All of it is there, or what broke it off. */
  readonly ended: Promise<Failure | undefined>
  /** In the cache. Rejects where it was broken off, and where it could not be stored. */
  readonly stored: Promise<CachedUtterance>
  /** For wideband phones, and what is made of that for all others: once, and not by each who hears it. */
  readonly #wide = new SoundWriter(RATE_HZ, MOST_SECONDS * RATE_HZ)
  readonly #narrow = new SoundWriter(NARROW_HZ, MOST_SECONDS * NARROW_HZ)
  readonly #change = narrowing()
  readonly #stop = new AbortController()
  readonly #startedMs = performance.now()
  readonly #first = Promise.withResolvers<void>()
  #wanted = 0
  #isMade = false

  constructor(maker: Maker) {
    this.begun = this.#first.promise
    const made = this.#make(maker)
    this.ended = made.then(
      () => undefined,
      (error: unknown) => failureOf(error),
    )
    this.stored = made.then(() =>
      maker.store(twoRateWav(this.#wide.copy(), this.#narrow.copy()), this.isFinal),
    )
    for (const result of [this.begun, this.stored]) result.catch(() => undefined)
  }

  /** What is made, as it is played while it is made. */
  get sound(): { readonly samples: SharedArrayBuffer; readonly wide: SharedArrayBuffer } {
    return { samples: this.#narrow.shared, wide: this.#wide.shared }
  }

  get madeMs(): number {
    return (this.#wide.samples * 1000) / RATE_HZ
  }

  /** When what is made will have been heard by who began to hear it at once. */
  get dueMs(): number {
    return this.#startedMs + this.madeMs
  }

  write(pcm: Int16Array): void {
    if (pcm.length === 0) return
    this.#wide.write(pcm)
    this.#narrow.write(this.#change.take(pcm))
    this.#first.resolve()
  }

  mark(name: string): void {
    this.marks.push({ name, atMs: Math.round(this.madeMs) })
  }

  warn(what: string): void {
    this.warnings.push(what)
  }

  /** Nobody wanted it any more before it was made. */
  get isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** One more wants it; what it gives says that he does no more, and tells whether it was stopped for that. */
  want(): () => boolean {
    this.#wanted += 1
    let wants = true
    return () => {
      if (!wants) return false
      wants = false
      this.#wanted -= 1
      if (this.#wanted > 0 || this.#isMade) return false
      this.#stop.abort()
      return true
    }
  }

  async #make(maker: Maker): Promise<void> {
    try {
      // Whoever asks for it says so first.
      await Promise.resolve()
      await maker.make(this, this.#stop.signal)
      if (this.#wide.samples === 0) throw new Failure('speech_unavailable', 'there is no sound')
    } catch (error) {
      this.#first.reject(error)
      throw error
    } finally {
      this.#isMade = true
      this.#wide.end()
      this.#narrow.write(this.#change.finish())
      this.#narrow.end()
    }
  }
}

const failureOf = (error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure('speech_unavailable', 'the speech was broken off', undefined, { cause: error })
