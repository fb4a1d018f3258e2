import { widened } from './columns.ts'
import type { SpeechMeter } from './speech-meter.ts'

/** A talker who is silent keeps his place against others for so long (400 ms), and against nobody for so long. */
const HANGOVER_TICKS = 20
const IDLE_TICKS = 100
/** Takes the place of the softest talker: who is so much louder, */
const MUCH_LOUDER_DB = 6
/** or who has waited so long and is louder by a little. */
const WAIT_TICKS = 25
const LOUDER_DB = 1.5
/** A talker has his place for so long at least. */
const SHORTEST_TICKS = 10
const MOST_TICKS = 60_000

/** May speak, may not, or is always heard when he does. */
export const USUAL = 0
export const BARRED = 1
export const PRIORITY = 2
type Rank = typeof USUAL | typeof BARRED | typeof PRIORITY

/** Who of many is heard: the loudest few who speak, without flutter. Slots are those of the meter. */
export class TalkerChoice {
  /** 1: is heard. */
  chosen = new Uint8Array(8)
  readonly #meter: SpeechMeter
  #rank = new Uint8Array(8)
  /** Since he was chosen; while he is not: since he speaks in vain. */
  #ticks = new Uint16Array(8)
  #used = 0

  constructor(meter: SpeechMeter) {
    this.#meter = meter
  }

  /** For a slot that the meter has added. */
  add(slot: number): void {
    this.chosen = widened(this.chosen, slot + 1)
    this.#rank = widened(this.#rank, slot + 1)
    this.#ticks = widened(this.#ticks, slot + 1)
    this.chosen[slot] = 0
    this.#rank[slot] = USUAL
    this.#ticks[slot] = 0
  }

  /** Before the meter removes it: the last one takes its place. */
  remove(slot: number): void {
    const last = this.#meter.count - 1
    this.chosen[slot] = this.chosen[last]!
    this.#rank[slot] = this.#rank[last]!
    this.#ticks[slot] = this.#ticks[last]!
  }

  rank(slot: number, rank: Rank): void {
    this.#rank[slot] = rank
  }

  /** True while one with priority speaks. */
  get hasPriority(): boolean {
    const { speaking, count } = this.#meter
    for (let slot = 0; slot < count; slot++) {
      if (this.#rank[slot] === PRIORITY && speaking[slot] === 1) return true
    }
    return false
  }

  /** Chooses anew, `talkers` beside those with priority; 0: all who speak. */
  choose(talkers: number): void {
    const seats = talkers === 0 ? this.#meter.count : talkers
    this.#age(seats)
    while (this.#used < seats) {
      const loudest = this.#loudestOther()
      if (loudest < 0) return
      this.#seat(loudest)
    }
    const loudest = this.#loudestOther()
    if (loudest < 0) return
    const softest = this.#softestTalker()
    if (softest < 0 || !this.#givesWay(softest, loudest)) return
    this.#unseat(softest)
    this.#seat(loudest)
  }

  /** Lets go who has gone silent or is barred, and counts the others. */
  #age(seats: number): void {
    const { count } = this.#meter
    this.#used = 0
    for (let slot = 0; slot < count; slot++) {
      if (this.chosen[slot] === 1) this.#ageTalker(slot, seats)
      else this.#ageOther(slot)
      if (this.#ticks[slot]! < MOST_TICKS) this.#ticks[slot]! += 1
    }
  }

  #ageTalker(slot: number, seats: number): void {
    const rank = this.#rank[slot]!
    const isSilent = this.#meter.quietTicks[slot]! > IDLE_TICKS
    if (rank === BARRED || isSilent || (rank === USUAL && this.#used >= seats)) this.#unseat(slot)
    else if (rank === USUAL) this.#used += 1
  }

  #ageOther(slot: number): void {
    const quiet = this.#meter.quietTicks[slot]!
    if (quiet === 0 && this.#rank[slot] === PRIORITY) this.#seat(slot)
    else if (quiet > HANGOVER_TICKS) this.#ticks[slot] = 0
  }

  #loudestOther(): number {
    const { quietTicks, scoreDb, count } = this.#meter
    let best = -1
    for (let slot = 0; slot < count; slot++) {
      if (this.chosen[slot] === 1 || this.#rank[slot] !== USUAL || quietTicks[slot] !== 0) continue
      if (best < 0 || scoreDb[slot]! > scoreDb[best]!) best = slot
    }
    return best
  }

  /** One who is silent before one who speaks. */
  #softestTalker(): number {
    const { quietTicks, scoreDb, count } = this.#meter
    let worst = -1
    for (let slot = 0; slot < count; slot++) {
      if (this.chosen[slot] === 0 || this.#rank[slot] !== USUAL) continue
      if (quietTicks[slot]! > HANGOVER_TICKS) return slot
      if (worst < 0 || scoreDb[slot]! < scoreDb[worst]!) worst = slot
    }
    return worst
  }

  #givesWay(talker: number, other: number): boolean {
    const { quietTicks, scoreDb } = this.#meter
    if (quietTicks[talker]! > HANGOVER_TICKS) return true
    if (this.#ticks[talker]! < SHORTEST_TICKS) return false
    const louderDb = scoreDb[other]! - scoreDb[talker]!
    return louderDb > MUCH_LOUDER_DB || (louderDb > LOUDER_DB && this.#ticks[other]! >= WAIT_TICKS)
  }

  #seat(slot: number): void {
    this.chosen[slot] = 1
    this.#ticks[slot] = 0
    if (this.#rank[slot] === USUAL) this.#used += 1
  }

  #unseat(slot: number): void {
    this.chosen[slot] = 0
    this.#ticks[slot] = 0
  }
}
