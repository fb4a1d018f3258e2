import type { Mutes, PlayOutcome, Sound } from '../../core/ports/media.ts'
import { clip16 } from '../../dsp/clip.ts'
import { FRAME_MS, frameSamples, type PcmRateHz } from './codec.ts'
import { Playback } from './playback.ts'
import { prepareSound } from './sounds.ts'

/** In how much time what is muted falls silent, and comes back. */
const FADE_MS = 5

/**
 * Between a leg and whom it talks to: which of the two does not hear the other, and what the leg's peer hears over
 * the conversation. The sums are made in buffers that are there: a tick allocates nothing.
 */
export class Screen {
  #mutes: Mutes = { muted: false, deaf: false }
  readonly #over = new Playback(prepareSound)
  #frame = new Int16Array(0)
  #wasMuted = false
  #covers = false
  readonly #changed: () => void

  /** `changed`: what is relayed and decoded has to be decided anew. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get mutes(): Mutes {
    return this.#mutes
  }

  set mutes(mutes: Mutes) {
    this.#mutes = mutes
    this.#changed()
  }

  /** Nobody hears the peer. */
  get muted(): boolean {
    return this.#mutes.muted
  }

  /** The peer does not hear whom it talks to. */
  get deaf(): boolean {
    return this.#mutes.deaf
  }

  /** What the peer hears is not, or not only, what comes from the other side. */
  get covers(): boolean {
    return this.#covers || this.#mutes.deaf
  }

  /** Plays over the conversation; a new sound ends the one before. */
  play(sound: Sound): Promise<PlayOutcome> {
    return this.#over.play(sound)
  }

  stop(outcome: PlayOutcome = 'stopped'): void {
    this.#over.end(outcome)
  }

  tune(rateHz: PcmRateHz): void {
    if (this.#frame.length !== frameSamples(rateHz)) {
      this.#frame = new Int16Array(frameSamples(rateHz))
    }
    this.#over.tune(rateHz)
  }

  /** First half of a tick: on what came from the peer. */
  attend(heard: Int16Array): void {
    if (this.#over.playing !== this.#covers) {
      this.#covers = this.#over.playing
      this.#changed()
    }
    const { muted } = this.#mutes
    if (!muted && !this.#wasMuted) return
    if (muted && this.#wasMuted) heard.fill(0)
    else fade(heard, muted)
    this.#wasMuted = muted
  }

  /** Second half of a tick: adds what is played to what the peer is sent. */
  mixInto(said: Int16Array): void {
    if (!this.#over.playing) return
    const frame = this.#frame
    if (!this.#over.next(frame)) return
    for (let i = 0; i < said.length; i++) said[i] = clip16(said[i]! + frame[i]!)
  }
}

function fade(frame: Int16Array, isOut: boolean): void {
  const samples = Math.floor((frame.length * FADE_MS) / FRAME_MS)
  for (let i = 0; i < samples; i++) {
    frame[i] = clip16((frame[i]! * (isOut ? samples - i : i)) / samples)
  }
  if (isOut) frame.fill(0, samples)
}
