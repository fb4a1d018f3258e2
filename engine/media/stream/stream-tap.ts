import { clip16 } from '../../dsp/clip.ts'
import type { PcmRateHz } from '../../dsp/codec.ts'
import { StreamEar } from './ear.ts'
import type { StreamTerms } from './terms.ts'
import { StreamVoice } from './voice.ts'

/** One stream at a leg: hears it, speaks into it, or both. */
export class StreamTap {
  readonly terms: StreamTerms
  /** It needs the samples of both sides of the leg. */
  readonly listens: boolean
  readonly #ear: StreamEar | undefined
  readonly #voice: StreamVoice | undefined
  readonly #replaces: boolean

  constructor(terms: StreamTerms, rateHz: PcmRateHz) {
    const { tracks, speaks } = terms.options
    this.terms = terms
    this.#replaces = speaks === 'replace'
    this.#ear = tracks.length > 0 ? new StreamEar(terms, rateHz) : undefined
    this.#voice = speaks === 'never' ? undefined : new StreamVoice(terms, rateHz)
    this.listens = tracks.length > 0 || speaks === 'mix'
  }

  get isSpeaking(): boolean {
    return this.#voice?.isSpeaking === true
  }

  attend(): void {
    this.#voice?.attend()
  }

  /** Adds to what the phone hears, or puts something in its place; only when it is speaking. */
  speak(said: Int16Array): void {
    const pcm = this.#voice?.next()
    if (!pcm) return
    if (this.#replaces) said.set(pcm)
    else for (let i = 0; i < said.length; i++) said[i] = clip16(said[i]! + pcm[i]!)
  }

  write(heard: Int16Array, said: Int16Array): void {
    this.#ear?.write(heard, said)
  }

  skip(ticks: number): void {
    this.#ear?.skip(ticks)
  }

  tune(rateHz: PcmRateHz): void {
    this.#ear?.tune(rateHz)
    this.#voice?.tune(rateHz)
  }

  close(): void {
    this.#ear?.close()
    this.#voice?.close()
  }
}
