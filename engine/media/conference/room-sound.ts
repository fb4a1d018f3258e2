import type { PlayOutcome, Sound } from '../../core/ports/media.ts'
import { add } from '../../dsp/mixer/sum.ts'
import { frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { lead } from '../leg/encoding.ts'
import { Playback } from '../leg/playback.ts'
import { prepareSound } from '../leg/sounds.ts'

/** What is played to all of a room, mixed with what they say; it begins and ends without a click. */
export class RoomSound {
  readonly #playback = new Playback(prepareSound)
  #frame = new Int16Array(0)
  #last = 0
  #joins = false

  tune(rateHz: PcmRateHz): void {
    if (this.#frame.length === frameSamples(rateHz)) return
    this.#frame = new Int16Array(frameSamples(rateHz))
    this.#playback.tune(rateHz)
    this.#joins = true
  }

  play(sound: Sound): Promise<PlayOutcome> {
    this.#joins = true
    return this.#playback.play(sound)
  }

  end(outcome: PlayOutcome): void {
    this.#joins = true
    this.#playback.end(outcome)
  }

  /** Adds the frame of this tick. */
  add(sum: Int32Array): void {
    const frame = this.#frame
    const wasPlaying = this.#playback.playing
    const plays = this.#playback.next(frame)
    if (!plays) frame.fill(0)
    if (!plays && this.#last === 0) {
      this.#joins = true
      return
    }
    if (this.#joins || wasPlaying !== plays) lead(frame, this.#last)
    this.#joins = false
    this.#last = frame[frame.length - 1]!
    add(sum, frame, frame.length)
  }
}
