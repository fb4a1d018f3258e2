import type { PlayOutcome, Sound } from '../../core/ports/media.ts'
import type { PlayedSound } from './sounds.ts'

interface Turn {
  /** Undefined while it is still being read. */
  sound: PlayedSound | undefined
  readonly over: Promise<PlayOutcome>
  readonly end: (outcome: PlayOutcome) => void
}

function newTurn(): Turn {
  const { promise, resolve } = Promise.withResolvers<PlayOutcome>()
  return { sound: undefined, over: promise, end: resolve }
}

/** What is played into a leg: one sound at a time, the newest. */
export class Playback {
  readonly #prepare: (sound: Sound) => Promise<PlayedSound>
  #turn: Turn | undefined

  constructor(prepare: (sound: Sound) => Promise<PlayedSound>) {
    this.#prepare = prepare
  }

  /** True from the first sample on until the end. */
  get playing(): boolean {
    return this.#turn?.sound !== undefined
  }

  /** Rejects with the Failure of a sound that can't be had, unless it was stopped before. */
  async play(sound: Sound): Promise<PlayOutcome> {
    this.end('stopped')
    const turn = newTurn()
    this.#turn = turn
    try {
      turn.sound = await this.#prepare(sound)
    } catch (error) {
      if (this.#turn === turn) {
        this.#turn = undefined
        throw error
      }
    }
    return turn.over
  }

  /** Fills the frame of this tick; false when there is nothing to play. */
  next(pcm: Int16Array): boolean {
    const sound = this.#turn?.sound
    if (!sound) return false
    if (sound.next(pcm)) return true
    this.end('finished')
    return false
  }

  end(outcome: PlayOutcome): void {
    const turn = this.#turn
    this.#turn = undefined
    turn?.end(outcome)
  }
}
