import type { SpeechMeter } from './speech-meter.ts'

/** The loudest one is another one as soon as that one has been so much louder for so many ticks. */
const LOUDER_DB = 3
const HOLD_TICKS = 3
const NOBODY = -1

/** Who of those who speak is the loudest, without flutter. */
export class Loudest {
  /** Slot of the meter; -1: nobody speaks. */
  slot = NOBODY
  readonly #meter: SpeechMeter
  #rival = NOBODY
  #rivalTicks = 0

  constructor(meter: SpeechMeter) {
    this.#meter = meter
  }

  /** Before the meter removes a slot: the last one takes its place. */
  remove(slot: number): void {
    const last = this.#meter.count - 1
    this.#rival = NOBODY
    if (this.slot === slot) this.slot = NOBODY
    else if (this.slot === last) this.slot = slot
  }

  /** `heard[slot]` is 1 for those who may be it. */
  update(heard: Uint8Array): void {
    const { levelDb, speaking } = this.#meter
    const best = this.#best(heard)
    const now = this.slot
    if (best === now) {
      this.#rival = NOBODY
      return
    }
    const isOver = now === NOBODY || heard[now] === 0 || speaking[now] === 0
    if (isOver) this.#turnTo(best)
    else if (levelDb[best]! < levelDb[now]! + LOUDER_DB) this.#rival = NOBODY
    else this.#challenge(best)
  }

  #challenge(slot: number): void {
    this.#rivalTicks = this.#rival === slot ? this.#rivalTicks + 1 : 1
    this.#rival = slot
    if (this.#rivalTicks >= HOLD_TICKS) this.#turnTo(slot)
  }

  #turnTo(slot: number): void {
    this.slot = slot
    this.#rival = NOBODY
  }

  #best(heard: Uint8Array): number {
    const { levelDb, speaking, count } = this.#meter
    let best = NOBODY
    for (let slot = 0; slot < count; slot++) {
      if (heard[slot] === 0 || speaking[slot] === 0) continue
      if (best < 0 || levelDb[slot]! > levelDb[best]!) best = slot
    }
    return best
  }
}
