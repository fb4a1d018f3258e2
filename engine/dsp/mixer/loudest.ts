import type { SpeechMeter } from './speech-meter.ts'

/**
 * While the loudest one speaks it is another one only when that one has been so much louder for so many more ticks
 * of 20 ms than not, and once a second at most.
 */
const LOUDER_DB = 3
const HOLD_TICKS = 8
const REST_TICKS = 50
const NOBODY = -1

/** Who of those who speak is the loudest, without flutter. */
export class Loudest {
  /** Slot of the meter; -1: nobody speaks. */
  slot = NOBODY
  readonly #meter: SpeechMeter
  #rival = NOBODY
  #rivalTicks = 0
  /** Since it was another one. */
  #ticks = 0

  constructor(meter: SpeechMeter) {
    this.#meter = meter
  }

  /** Before the meter removes a slot: the last one takes its place. */
  remove(slot: number): void {
    const last = this.#meter.count - 1
    if (this.#rival === slot) this.#rivalTicks = 0
    else if (this.#rival === last) this.#rival = slot
    if (this.slot === slot) this.slot = NOBODY
    else if (this.slot === last) this.slot = slot
  }

  /** `heard[slot]` is 1 for those who may be it. */
  update(heard: Uint8Array): void {
    const { levelDb, speaking } = this.#meter
    const best = this.#best(heard)
    const now = this.slot
    this.#ticks += 1
    const isOver = now === NOBODY || heard[now] === 0 || speaking[now] === 0
    if (isOver) {
      if (best !== now) this.#turnTo(best)
      return
    }
    const isLouder = best !== now && levelDb[best]! >= levelDb[now]! + LOUDER_DB
    if (isLouder) this.#challenge(best)
    else this.#relax()
  }

  #challenge(slot: number): void {
    if (this.#rivalTicks === 0) this.#rival = slot
    if (this.#rival !== slot) {
      this.#relax()
      return
    }
    this.#rivalTicks = Math.min(HOLD_TICKS, this.#rivalTicks + 1)
    if (this.#rivalTicks === HOLD_TICKS && this.#ticks >= REST_TICKS) this.#turnTo(slot)
  }

  #relax(): void {
    if (this.#rivalTicks > 0) this.#rivalTicks -= 1
  }

  #turnTo(slot: number): void {
    this.slot = slot
    this.#rivalTicks = 0
    this.#ticks = 0
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
