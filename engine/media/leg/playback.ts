import type { PlayOutcome, Sound } from '../../core/ports/media.ts'
import { type CodecKind, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'
import type { SharedEncoding } from './shared-encoding.ts'
import type { PlayedSound } from './sounds.ts'

/** A sound, brought to the rate of the leg. */
class Playing {
  readonly #sound: PlayedSound
  readonly #frame: Int16Array
  #converter: FrameConverter

  constructor(sound: PlayedSound, rateHz: PcmRateHz) {
    this.#sound = sound
    this.#frame = new Int16Array(frameSamples(sound.rateHz))
    this.#converter = new FrameConverter(sound.rateHz, rateHz)
  }

  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.#converter.toHz) return
    this.#converter = new FrameConverter(this.#sound.rateHz, rateHz)
  }

  /** Undefined: it is not the same for others. */
  sharedFor(kind: CodecKind): SharedEncoding | undefined {
    const { fromHz, toHz } = this.#converter
    return fromHz === toHz ? this.#sound.sharedFor?.(kind) : undefined
  }

  next(pcm: Int16Array): boolean {
    const { fromHz, toHz } = this.#converter
    if (fromHz === toHz) return this.#sound.next(pcm)
    if (!this.#sound.next(this.#frame)) return false
    pcm.set(this.#converter.convert(this.#frame))
    return true
  }
}

interface Turn {
  /** Undefined while it is still being read. */
  playing: Playing | undefined
  readonly over: Promise<PlayOutcome>
  readonly end: (outcome: PlayOutcome) => void
}

function newTurn(): Turn {
  const { promise, resolve } = Promise.withResolvers<PlayOutcome>()
  return { playing: undefined, over: promise, end: resolve }
}

/** What is played into a leg: one sound at a time, the newest. */
export class Playback {
  readonly #prepare: (sound: Sound, rateHz: PcmRateHz) => Promise<PlayedSound>
  #rateHz: PcmRateHz = 8000
  #turn: Turn | undefined

  constructor(prepare: (sound: Sound, rateHz: PcmRateHz) => Promise<PlayedSound>) {
    this.#prepare = prepare
  }

  /** The leg's rate from now on; a sound that is playing goes on. */
  tune(rateHz: PcmRateHz): void {
    this.#rateHz = rateHz
    this.#turn?.playing?.tune(rateHz)
  }

  /** True from the first sample on until the end. */
  get playing(): boolean {
    return this.#turn?.playing !== undefined
  }

  /** What is playing, encoded once for all who hear it; undefined: it is for this one alone. */
  sharedFor(kind: CodecKind): SharedEncoding | undefined {
    return this.#turn?.playing?.sharedFor(kind)
  }

  /** Rejects with the Failure of a sound that can't be had, unless it was stopped before. */
  async play(sound: Sound): Promise<PlayOutcome> {
    this.end('stopped')
    const turn = newTurn()
    this.#turn = turn
    try {
      const ready = await this.#prepare(sound, this.#rateHz)
      turn.playing = new Playing(ready, this.#rateHz)
    } catch (error) {
      if (this.#turn === turn) {
        this.#turn = undefined
        throw error
      }
    }
    return turn.over
  }

  /** Fills the frame of this tick, at the leg's rate; false when there is nothing to play. */
  next(pcm: Int16Array): boolean {
    const playing = this.#turn?.playing
    if (!playing) return false
    if (playing.next(pcm)) return true
    this.end('finished')
    return false
  }

  end(outcome: PlayOutcome): void {
    const turn = this.#turn
    this.#turn = undefined
    turn?.end(outcome)
  }
}
