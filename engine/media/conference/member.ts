import type { CallId } from '../../core/ids.ts'
import type { MemberOptions } from '../../core/ports/media.ts'
import { SoftLimiter } from '../../dsp/mixer/soft-limiter.ts'
import { shareOf } from '../../dsp/mixer/sum.ts'
import { frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { FrameConverter } from '../leg/frame-converter.ts'
import type { Leg } from '../leg/leg.ts'
import type { Seat } from '../leg/seat.ts'
import { Bus } from './bus.ts'

/** What a member needs of his room. */
export interface Surroundings {
  /** What the member hears, when that is not what all hear. */
  mixFor(member: Member, limiter: SoftLimiter, mix: Int16Array): void
  changed(member: Member): void
  left(member: Member): void
}

/** How much softer others are while one with priority speaks: 12 dB. */
const LOWERED = 10 ** (-12 / 20)
const fromDb = (db: number): number => 10 ** (db / 20)

/** A leg in a room. */
export class Member implements Seat {
  readonly id: CallId
  readonly leg: Leg
  /** Of all that is kept in columns. */
  slot = 0
  /** His leg's samples are wanted. */
  listens = true
  /** What he adds to the sum, at the room's rate, in this tick. */
  share = new Int32Array(0)
  /** His share is not nothing. */
  adds = false
  /** Members whom not everybody hears, but he does. */
  readonly asides: Member[] = []
  /** Was told that he speaks. */
  isSpeaking = false
  /** He hears what all hear. */
  hearsCommon = false
  #options: MemberOptions
  #gainIn: number
  #bus = new Bus(8000, 8000)
  readonly #room: Surroundings
  readonly #limiter = new SoftLimiter()
  /** From where the gain of his share moves to where, in this tick. */
  readonly #gains = Float64Array.of(0, 0)
  #toRoom = new FrameConverter(8000, 8000)
  #fromRoom = new FrameConverter(8000, 8000)
  #mix = new Int16Array(0)
  #plainTicks = 0

  constructor(id: CallId, leg: Leg, options: MemberOptions, room: Surroundings) {
    this.id = id
    this.leg = leg
    this.#options = options
    this.#gainIn = fromDb(options.gainInDb)
    this.#room = room
  }

  get options(): MemberOptions {
    return this.#options
  }

  set options(options: MemberOptions) {
    this.#options = options
    this.#gainIn = fromDb(options.gainInDb)
  }

  /** The room's rate, or that of the leg, is another one. */
  tune(roomRateHz: PcmRateHz, bus: Bus): void {
    const { rateHz } = this.leg
    const samples = frameSamples(roomRateHz)
    this.#bus = bus
    if (this.share.length === samples && this.#toRoom.fromHz === rateHz) return
    this.share = new Int32Array(samples)
    this.#mix = new Int16Array(samples)
    this.adds = false
    this.#toRoom = new FrameConverter(rateHz, roomRateHz)
    // So that it goes on from what was heard last.
    if (this.leg.heard.length === frameSamples(rateHz)) this.#toRoom.convert(this.leg.heard)
    this.#fromRoom = new FrameConverter(roomRateHz, rateHz)
    this.hearsCommon = false
    this.#plainTicks = 0
    this.leg.joinAnew()
  }

  /** Makes his share of the sum: `heard` by others, and lowered while another one has priority. */
  speak(heard: boolean, lowered: boolean): void {
    const gains = this.#gains
    gains[0] = gains[1]!
    gains[1] = 0
    this.adds = false
    if (!this.leg.isHeard) return
    if (heard) gains[1] = lowered ? this.#gainIn * LOWERED : this.#gainIn
    const pcm = this.#toRoom.convert(this.leg.heard)
    if (gains[0] === 0 && gains[1] === 0) return
    this.adds = true
    shareOf(pcm, this.share.length, gains, this.share)
  }

  /** Decides, before the room's mix is made, whether he hears it or one of his own. */
  settle(limiter: SoftLimiter): void {
    if (this.#isSpecial()) {
      if (this.hearsCommon) {
        this.#limiter.copyFrom(limiter)
        this.#fromRoom.copyFrom(this.#bus.converter)
      }
      this.hearsCommon = false
      this.#plainTicks = 0
      return
    }
    if (this.hearsCommon) return
    this.#plainTicks += 1
    const isSame = Math.abs(this.#limiter.gain - limiter.gain) < 0.001
    if (this.#plainTicks > 2 && isSame) this.hearsCommon = true
  }

  #isSpecial(): boolean {
    const { deaf, gainOutDb } = this.#options
    if (this.adds || deaf || gainOutDb !== 0) return true
    for (let n = 0; n < this.asides.length; n++) if (this.asides[n]!.adds) return true
    return false
  }

  fill(said: Int16Array): void {
    if (this.hearsCommon) {
      said.set(this.#bus.pcm)
      return
    }
    this.#room.mixFor(this, this.#limiter, this.#mix)
    said.set(this.#fromRoom.convert(this.#mix))
  }

  changed(): void {
    this.#room.changed(this)
  }

  leave(): void {
    this.#room.left(this)
  }
}
