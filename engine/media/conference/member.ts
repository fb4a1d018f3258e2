import type { CallId } from '../../core/ids.ts'
import type { MemberOptions } from '../../core/ports/media.ts'
import { GainControl } from '../../dsp/mixer/gain-control.ts'
import { SoftLimiter } from '../../dsp/mixer/soft-limiter.ts'
import { shareOf } from '../../dsp/mixer/sum.ts'
import { frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { lead } from '../leg/encoding.ts'
import { FrameConverter } from '../leg/frame-converter.ts'
import type { Leg } from '../leg/leg.ts'
import type { Seat } from '../leg/seat.ts'
import { Bus, primedConverter } from './bus.ts'

/** What a member needs of his room. */
export interface Surroundings {
  /** What the member hears, when that is not what all hear. */
  mixFor(member: Member, limiter: SoftLimiter, mix: Int16Array): void
  /** Takes in how loud his newest packet is. True: he has just become loud, or it can't be told. */
  wakes(member: Member): boolean
  changed(member: Member): void
  left(member: Member): void
}

/** How much softer others are while one with priority speaks: 12 dB. */
const LOWERED = 10 ** (-12 / 20)
/** So many ticks after his mix has become that of all, his converter knows the same as theirs. */
const SAME_TICKS = 2
const SAME_GAIN = 0.001
const fromDb = (db: number): number => 10 ** (db / 20)

/**
 * A leg in a room. What he hears comes in three ways, each cheaper than the one before, and he goes from one to the
 * next when it can't be heard: a mix of his own; the mix of all (of the deaf: silence), encoded by himself; what is
 * encoded once for all.
 */
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
  /** Who hears him now; null: all. Follows `options.heardBy` once he has faded for those who heard him before. */
  audience: readonly CallId[] | null
  #options: MemberOptions
  #gainIn = 1
  #gainOut = 1
  readonly #room: Surroundings
  #bus = new Bus(8000, 8000, 0)
  readonly #limiter = new SoftLimiter()
  readonly #gainControl = new GainControl()
  /** From where the gain of his share moves to where, in this tick. */
  readonly #gains = Float64Array.of(0, 0)
  /** The same of what he hears. */
  readonly gainsOut = Float64Array.of(1, 1)
  #toRoom = new FrameConverter(8000, 8000)
  #fromRoom = new FrameConverter(8000, 8000)
  #mix = new Int16Array(0)
  /** His mix is to begin at a sample of before. */
  #joins = false
  #last = 0
  /** His leg's samples come from the next tick on, and rise by themselves. */
  #rises = false
  #hearsCommon = false
  #hearsNothing = false
  /** Since his mix is that of all, or nothing; since he is sent that. */
  #plainTicks = 0
  #commonTicks = 0

  constructor(id: CallId, leg: Leg, options: MemberOptions, room: Surroundings) {
    this.id = id
    this.leg = leg
    this.#options = options
    this.options = options
    this.audience = options.heardBy
    this.gainsOut.fill(this.#gainOut)
    this.#room = room
  }

  get options(): MemberOptions {
    return this.#options
  }

  set options(options: MemberOptions) {
    this.#options = options
    this.#gainIn = fromDb(options.gainInDb)
    this.#gainOut = options.deaf ? 0 : fromDb(options.gainOutDb)
  }

  /** Nobody is to hear him: by his options, or as his phone holds the call, and what it sends is music. */
  get isMuted(): boolean {
    return this.#options.muted || this.leg.isUnheard
  }

  /** Others are to hear him than do. */
  get turns(): boolean {
    return this.audience !== this.#options.heardBy
  }

  /** Nobody heard him at the end of the last tick. */
  get isFaded(): boolean {
    return this.#gains[1] === 0
  }

  /** The room's rate, or that of the leg, may be another one. */
  tune(roomRateHz: PcmRateHz, bus: Bus): void {
    const { rateHz } = this.leg.ear
    const samples = frameSamples(roomRateHz)
    if (this.#bus === bus && this.#toRoom.fromHz === rateHz) return
    this.leg.transmitter.unshare()
    if (!this.#joins) this.#last = (this.#hearsCommon ? this.#bus.pcm : this.#mix).at(-1) ?? 0
    this.#joins = true
    this.#bus = bus
    this.share = new Int32Array(samples)
    this.#mix = new Int16Array(samples)
    this.adds = false
    this.#toRoom = new FrameConverter(rateHz, roomRateHz)
    // So that it goes on from what was heard last.
    if (this.leg.ear.heard.length === frameSamples(rateHz)) this.#toRoom.convert(this.leg.ear.heard)
    this.#fromRoom = primedConverter(roomRateHz, rateHz, this.#last)
    this.#hearsCommon = false
    this.#hearsNothing = false
    this.#plainTicks = 0
    this.#commonTicks = 0
    this.leg.joinAnew()
  }

  /** One whom he hears, it may be, has just gone: what he hears next begins where it was. */
  miss(): void {
    if (this.#joins || this.#hearsCommon || this.#hearsNothing) return
    this.#joins = true
    this.#last = this.#mix.at(-1) ?? 0
  }

  /** Brings what he says to the level of the others, from this tick on. */
  control(power: Float64Array, isSpeech: boolean): void {
    this.#gainControl.update(power, this.slot, isSpeech)
  }

  /** Makes his share of the sum: `heard` by others, and lowered while another one has priority. */
  speak(heard: boolean, lowered: boolean): void {
    const gains = this.#gains
    gains[0] = gains[1]!
    gains[1] = 0
    this.adds = false
    if (!this.leg.ear.decodes) return
    if (heard) gains[1] = this.#gainIn * this.#gainControl.gain * (lowered ? LOWERED : 1)
    if (this.#rises) gains[0] = gains[1]!
    this.#rises = false
    if (gains[0] === 0 && gains[1] === 0) return
    this.adds = true
    shareOf(this.#toRoom.convert(this.leg.ear.heard), this.share.length, gains, this.share)
  }

  /** Somebody wants to hear him from the next tick on. */
  listen(wanted: boolean): void {
    if (wanted === this.listens) return
    this.listens = wanted
    this.#rises = wanted && !this.leg.ear.decodes
    this.leg.listenAnew()
  }

  /** Decides, before the mix of all is made and encoded, in which way he hears. */
  settle(limiter: SoftLimiter): void {
    this.#limiter.ceiling = limiter.ceiling
    if (this.#options.deaf && this.gainsOut[0] === 0 && this.gainsOut[1] === 0) {
      this.#goSilent()
      return
    }
    if (this.#hearsNothing || this.#isSpecial()) {
      this.#goAlone(limiter)
      return
    }
    if (!this.#hearsCommon) {
      this.#plainTicks += 1
      const isSame = Math.abs(this.#limiter.gain - limiter.gain) < SAME_GAIN
      if (this.#plainTicks <= SAME_TICKS || !isSame) return
      this.#hearsCommon = true
    }
    this.#approach()
  }

  /** He is deaf, and what he heard has faded. */
  #goSilent(): void {
    if (!this.#hearsNothing) {
      this.#plainTicks += 1
      if (this.#plainTicks <= SAME_TICKS) return
      this.#hearsNothing = true
    }
    this.#approach()
  }

  #goAlone(limiter: SoftLimiter): void {
    if (this.#hearsCommon || this.#hearsNothing) {
      this.leg.transmitter.leaveCommon()
      this.#limiter.copyFrom(limiter)
    }
    if (this.#hearsCommon) this.#fromRoom.copyFrom(this.#bus.converter)
    this.#hearsCommon = false
    this.#hearsNothing = false
    this.#plainTicks = 0
    this.#commonTicks = 0
  }

  /** Goes over to what others are sent who hear the same, once his encoder is where theirs is. */
  #approach(): void {
    const { transmitter, kind, isFree } = this.leg
    if (!isFree) {
      transmitter.leaveCommon()
      this.#commonTicks = 0
      return
    }
    if (transmitter.shares) return
    const bus = this.#bus
    const shared = this.#hearsNothing ? bus.silenceFor(kind) : bus.sharedFor(kind)
    this.#commonTicks += 1
    if (this.#commonTicks <= shared.settleTicks && shared.streams > 0) return
    transmitter.share(shared)
    this.#commonTicks = 0
  }

  #isSpecial(): boolean {
    const { deaf, gainOutDb } = this.#options
    if (this.adds || deaf || gainOutDb !== 0 || this.gainsOut[1] !== 1) return true
    for (let n = 0; n < this.asides.length; n++) if (this.asides[n]!.adds) return true
    return false
  }

  fill(said: Int16Array): void {
    if (this.#hearsCommon) {
      said.set(this.#bus.pcm)
      return
    }
    if (this.#hearsNothing) {
      said.fill(0)
      return
    }
    this.gainsOut[0] = this.gainsOut[1]!
    this.gainsOut[1] = this.#gainOut
    this.#room.mixFor(this, this.#limiter, this.#mix)
    if (this.#joins) lead(this.#mix, this.#last)
    this.#joins = false
    said.set(this.#fromRoom.convert(this.#mix))
  }

  attend(): void {
    if (this.#room.wakes(this)) this.listen(true)
  }

  changed(): void {
    this.#commonTicks = 0
    this.#room.changed(this)
  }

  leave(): void {
    this.#room.left(this)
  }
}
