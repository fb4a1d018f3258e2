import type { LegStatistics, PlayOutcome, Sound } from '../../core/ports/media.ts'
import { emptyRtpHeader, readRtp } from '../../dsp/rtp.ts'
import type { Agreement, EventFormat, WebRtcEnd } from '../agreement.ts'
import type { LegState } from '../messages.ts'
import { type CodecKind, codecKinds, frameSamples, type PcmRateHz } from './codec.ts'
import { Doors } from './doors.ts'
import { KeyCredit } from './key-credit.ts'
import { Keypad } from './keypad.ts'
import type { LegEnvironment } from './leg-environment.ts'
import { type Losses, lossesOf, statisticsOf } from './leg-statistics.ts'
import { MusicShare } from './music-share.ts'
import { PeerWatch } from './peer-watch.ts'
import { Playback } from './playback.ts'
import { type Ear, Receiver } from './receiver.ts'
import { Screen } from './screen.ts'
import type { Seat } from './seat.ts'
import type { SharedEncoding } from './shared-encoding.ts'
import { prepareSound } from './sounds.ts'
import { Taps } from './taps.ts'
import {
  bestRateHz,
  canRelay,
  holdsUs,
  levelExtensionOf,
  rateAlone,
  rateTogether,
} from './terms.ts'
import { Transmitter } from './transmitter.ts'

const [NOT_SENT, SILENCE, BRIDGE, SOUND, KEYS, ROOM, STREAM] = [0, 1, 2, 3, 4, 5, 6] as const
type Source = 0 | 1 | 2 | 3 | 4 | 5 | 6

/**
 * One leg's audio. A tick first lets every leg `receive`, then every leg `transmit`; what is sent is, in
 * this order: keys, a sound, the other leg of the bridge or the conference, silence; what streams say is added to that
 * or takes its place. Between two legs with the same codec
 * packets are relayed as they come, without decoding, and the tick only looks on.
 *
 * Inside, audio is PCM at one rate for each moment, decided whenever an agreement, a bridge or a recording
 * begins or ends (`#retune`); both legs of a bridge have the same.
 */
export class Leg {
  readonly #env: LegEnvironment
  readonly #header = emptyRtpHeader()
  readonly #receiver: Receiver
  readonly #keypad = new Keypad()
  readonly #keyCredit: KeyCredit
  readonly #playback = new Playback(prepareSound)
  readonly screen = new Screen(() => this.#retune())
  readonly taps = new Taps(() => this.#retune())
  readonly #musicShare = new MusicShare()
  readonly #watch: PeerWatch
  #doors: Doors
  #transmitter: Transmitter
  #said = new Int16Array(0)
  #agreement: Agreement | undefined
  #partner: Leg | undefined
  #seat: Seat | undefined
  /** Packets that arrive go to the partner as they are. */
  #relays = false
  /** The peer has sent what the partner can't take as it is. */
  #unfit = false
  /** Somebody wants the samples that arrive. */
  #decodes = false
  #lastSource: Source = NOT_SENT
  #malformed = 0
  /** Of the time in other threads. */
  #before: Losses = { lost: 0, late: 0, concealed: 0 }
  #keysRefused = 0

  constructor(doors: Doors, env: LegEnvironment) {
    this.#doors = doors
    this.#env = env
    this.#keyCredit = new KeyCredit(env.nowMs())
    this.#receiver = new Receiver((...key) => this.#digit(...key), env.inbandDtmf)
    this.#transmitter = new Transmitter(doors, env.random)
    this.#watch = new PeerWatch(env, () => this.statistics())
    this.#listen()
    this.#retune()
  }

  get doors(): Doors {
    return this.#doors
  }

  /** What we send. */
  get kind(): CodecKind {
    return codecKinds[this.#agreement?.codec ?? 'PCMU']
  }

  /** What comes from the peer. */
  get ear(): Ear {
    return this.#receiver
  }

  /** Takes what SDP agreed on, at first or anew. */
  agree(agreement: Agreement, natAddress: string | undefined): void {
    this.#doors.aim(agreement, natAddress)
    const { codec, payloadType, telephoneEvent } = agreement
    this.#transmitter.agree(codecKinds[codec], payloadType, telephoneEvent)
    this.#accept(agreement)
    if (!agreement.receive) this.#receiver.reset()
    this.#retune()
    this.#seat?.changed()
  }

  #accept(agreement: Agreement): void {
    this.#agreement = agreement
    this.#receiver.agree(agreement.receivePayloads, codecKinds[agreement.codec], {
      levelExtension: levelExtensionOf(agreement),
      knowsEvents: agreement.telephoneEvent !== null,
    })
    if (agreement.telephoneEvent) this.#keypad.clockHz = agreement.telephoneEvent.rateHz
    this.#unfit = false
    if (this.#partner) this.#partner.#unfit = false
  }

  /** From now on silence of the peer counts, and the door by which it did not come is closed. */
  watch(): Promise<void> {
    this.#watch.begin()
    return this.#doors.settle()
  }

  restartIce(): Promise<WebRtcEnd | null> {
    return this.#doors.restartIce()
  }

  /**
   * Goes on with another leg's doors, agreement and stream; bridge, sound, recording and keys of this one go
   * on. The other is to be closed then. Resolves when the doors that this one had are closed.
   */
  async adopt(from: Leg): Promise<void> {
    // It may be in a conference, which the phone is not any more.
    from.#transmitter.unshare()
    const [doors, transmitter, agreement] = [this.#doors, this.#transmitter, from.#agreement]
    this.#doors = from.#doors
    this.#transmitter = from.#transmitter
    from.#doors = new Doors()
    from.#transmitter = new Transmitter(from.#doors, from.#env.random)
    from.#agreement = undefined
    this.#listen()
    this.#receiver.reset()
    this.#agreement = undefined
    if (agreement) this.#accept(agreement)
    this.#lastSource = NOT_SENT
    this.#watch.sendsComfortNoise = from.#watch.sendsComfortNoise
    this.#retune()
    this.#seat?.changed()
    transmitter.close()
    await Promise.all([doors.close(), this.#watch.isOn ? this.#doors.settle() : undefined])
    this.#doors.inherit(doors.statistics())
  }

  /** Once a second: is the peer still there? `elapsedMs` since the last time. */
  look(elapsedMs: number): void {
    this.#watch.look(this.#doors, this.#receiver, this.#agreement, elapsedMs)
  }

  play(sound: Sound): Promise<PlayOutcome> {
    return this.#playback.play(sound)
  }

  stop(): void {
    this.#playback.end('stopped')
  }

  sendDigits(digits: string): Promise<void> {
    return this.#keypad.press(digits, this.takesEvents)
  }

  /** Joins two legs, each of which leaves the bridge it was in; what is playing on them stops. */
  bridge(other: Leg): void {
    this.#goFree()
    other.#goFree()
    this.stop()
    other.stop()
    this.#partner = other
    other.#partner = this
    this.#unfit = false
    other.#unfit = false
    this.#retune()
  }

  unbridge(): void {
    const other = this.#partner
    if (!other) return
    this.#partner = undefined
    other.#partner = undefined
    this.#retune()
    other.#retune()
  }

  /** Takes a place in a conference; leaves the bridge or the conference that it was in. */
  sit(seat: Seat): void {
    this.#goFree()
    this.#seat = seat
    this.joinAnew()
    this.#retune()
  }

  /** Gives its place up, when the conference says so. */
  stand(): void {
    this.#transmitter.unshare()
    this.#seat = undefined
    this.#retune()
  }

  /** What it fills a frame with from now on does not follow on from what was. */
  joinAnew(): void {
    this.#lastSource = NOT_SENT
  }

  #goFree(): void {
    this.unbridge()
    this.#seat?.leave()
  }

  /** What the conference says goes to the peer, and nothing else does. */
  get isFree(): boolean {
    return !this.#occupied && !this.screen.covers && this.#agreement?.send === true
  }

  /** What comes from the peer is for nobody. */
  get isUnheard(): boolean {
    return this.screen.muted || holdsUs(this.#agreement)
  }

  /** Makes what is sent; for who has something in common with others. */
  get transmitter(): Pick<Transmitter, 'shares' | 'share' | 'unshare' | 'leaveCommon'> {
    return this.#transmitter
  }

  /** The conference listens to the leg from the next tick on, or does not any more. */
  listenAnew(): void {
    this.#decide()
    this.#receiver.tune(this.#receiver.rateHz, this.#decodes)
  }

  /** First half of a tick: moves the received stream on by one frame. */
  receive(nowMs: number): void {
    this.taps.attend()
    this.#musicShare.attend(this.#transmitter, this.#plainMusic)
    this.#seat?.attend()
    this.#receiver.tick(nowMs)
    this.screen.attend(this.#receiver.heard)
  }

  /** Second half of a tick: sends one frame, unless packets are relayed. */
  transmit(nowMs: number): void {
    const isPressing = this.#keypad.busy
    const usual = this.#covered(this.#fill(nowMs))
    const source = !isPressing && this.taps.speak(this.#said) ? STREAM : usual
    if (source !== NOT_SENT && this.#agreement?.send) {
      const turns = source !== this.#lastSource
      if (turns) this.#transmitter.join()
      this.#transmitter.audio(this.#said, turns && source > SILENCE, nowMs)
    }
    this.#musicShare.approach(this.#transmitter, source === SOUND ? this.#plainMusic : undefined)
    this.#lastSource = source
    const saidDelay = usual === BRIDGE || usual === NOT_SENT ? this.#partner?.ear.delay : undefined
    if (isPressing || this.#receiver.isPressing) this.taps.hush()
    this.taps.write(this.#receiver.heard, this.#said, this.#receiver.delay, saidDelay)
  }

  statistics(): LegStatistics {
    return statisticsOf(this.#doors, this.#receiver, this.#before, this.#agreement?.codec ?? null)
  }

  /** Packets of the peer that were no RTP, not under its key, of a type not agreed on, or a key too many. */
  get packetsRefused(): number {
    const { packetsForged } = this.#doors.statistics()
    return packetsForged + this.#malformed + this.#receiver.unknownPayloads + this.#keysRefused
  }

  /** Ends everything; who waits for a sound or for keys is told. */
  async close(): Promise<void> {
    this.#end()
    await this.#doors.close()
  }

  /** Ends here, and tells what another thread needs to go on (`goOn`). The doors were handed over before. */
  pack(): LegState {
    const stream = this.#transmitter.position(this.#env.nowMs())
    const streams = this.taps.terms
    this.#end()
    return {
      agreement: this.#agreement,
      isWatched: this.#watch.isOn,
      sendsComfortNoise: this.#watch.sendsComfortNoise,
      stream,
      mutes: this.screen.mutes,
      streams,
      ...lossesOf(this.#receiver, this.#before),
    }
  }

  /** Goes on with what `pack` told in another thread, over doors that are aimed. */
  goOn({
    agreement,
    isWatched,
    sendsComfortNoise,
    stream,
    streams,
    mutes,
    ...losses
  }: LegState): void {
    for (const terms of streams) this.taps.open(terms)
    this.#before = losses
    this.screen.mutes = mutes
    this.#watch.sendsComfortNoise = sendsComfortNoise
    if (agreement) {
      const { codec, payloadType, telephoneEvent } = agreement
      this.#transmitter.agree(codecKinds[codec], payloadType, telephoneEvent)
      this.#accept(agreement)
    }
    this.#transmitter.goOn(stream, this.#env.nowMs())
    if (isWatched) this.#watch.begin()
    this.#retune()
  }

  #end(): void {
    this.#goFree()
    this.#playback.end('legClosed')
    this.screen.stop('legClosed')
    this.taps.close()
    this.#keypad.close()
    this.#transmitter.close()
    this.#receiver.close()
  }

  get takesEvents(): boolean {
    return (this.#agreement?.telephoneEvent ?? null) !== null
  }

  #listen(): void {
    this.#doors.onPacket = (packet, bytes) => this.#packet(packet, bytes)
    this.#doors.onConnection = this.#env.onConnection
  }

  /** Keys or a sound have the way out to themselves. */
  get #occupied(): boolean {
    return this.#keypad.busy || this.#playback.playing || this.taps.isSpeaking
  }

  /** Music as it is for all who hear it, if this leg hears nothing else. */
  get #plainMusic(): SharedEncoding | undefined {
    const isPlain = !this.#keypad.busy && !this.screen.covers && !this.taps.isSpeaking
    return isPlain && this.#agreement?.send ? this.#playback.sharedFor(this.kind) : undefined
  }

  /** Fills `#said` and says from what; NOT_SENT when something else was, or is to be, sent. */
  #fill(nowMs: number): Source {
    const said = this.#said
    if (this.#keypad.busy) {
      const maySend = this.#agreement?.send === true
      return this.#keypad.tick(this.#transmitter, maySend, said, nowMs) ? NOT_SENT : KEYS
    }
    if (this.#playback.next(said)) return SOUND
    if (this.#seat) {
      if (!this.#transmitter.shares || this.taps.listens) this.#seat.fill(said)
      return ROOM
    }
    return this.#fillFromPartner(nowMs)
  }

  /** After what this leg alone is to hear, or not to hear. */
  #covered(source: Source): Source {
    const silenced = this.screen.deaf && (source === BRIDGE || source === ROOM)
    if (silenced) this.#said.fill(0)
    this.screen.mixInto(this.#said)
    return silenced ? SILENCE : source
  }

  #fillFromPartner(nowMs: number): Source {
    const partner = this.#partner
    if (!partner) {
      this.#said.fill(0)
      return SILENCE
    }
    if (partner.#decodes) this.#said.set(partner.#receiver.heard)
    else this.#said.fill(0)
    // When a relayed stream is still we send silence in its place.
    const { stillMs } = partner.#receiver.kind
    const relayed = partner.#relays && this.#transmitter.relaying(nowMs, stillMs)
    return relayed ? NOT_SENT : BRIDGE
  }

  #packet(packet: Uint8Array, bytes: number): void {
    const header = this.#header
    if (!readRtp(packet, bytes, header)) {
      this.#malformed += 1
      return
    }
    this.#watch.packet(header.payloadType)
    if (!this.#agreement?.receive) return
    const nowMs = this.#env.nowMs()
    const kind = this.#receiver.packet(header, packet, nowMs)
    const partner = this.#partner
    if (!this.#relays || !partner) return
    const fits = kind !== 'unknown' && this.#fits(packet, kind, partner)
    if (partner.#occupied) return
    if (fits) partner.#transmitter.relay(header, packet, kind === 'event', nowMs)
    else partner.#transmitter.leaveOut(header)
  }

  #fits(packet: Uint8Array, kind: 'audio' | 'event', partner: Leg): boolean {
    if (kind === 'audio') return this.#stillRelays(packet)
    return partner.#takesEventsAt(this.#receiver.eventClockHz(this.#header.payloadType))
  }

  #takesEventsAt(clockHz: number): boolean {
    return this.#agreement?.telephoneEvent?.rateHz === clockHz
  }

  /** Once the peer sends what the partner can't take as it is (other codec, other length): decodes from then on. */
  #stillRelays(packet: Uint8Array): boolean {
    const { payloadOffset, payloadLength } = this.#header
    const kind = this.#receiver.kind
    if (kind.name === this.#agreement?.codec) {
      const units = kind.durationUnits(packet, payloadOffset, payloadLength)
      if (units === 0) return false
      if (kind.mayRelay(units)) return true
    }
    this.#unfit = true
    this.#retune()
    return false
  }

  /** `clockHz` of events; 0: it came as tones, which where packets are relayed go with them, or are our own come back. */
  #digit(digit: string, durationMs: number, clockHz: EventFormat['rateHz'] | 0): void {
    if (clockHz === 0 && this.#keypad.busy) return
    if (!this.#keyCredit.pay(this.#env.nowMs())) {
      this.#keysRefused += 1
      return
    }
    const partner = this.#partner
    const mayPass = this.#relays && partner !== undefined
    const passes = mayPass && (clockHz === 0 || partner.#takesEventsAt(clockHz))
    if (partner && !passes) partner.#keypad.forward(digit, partner.takesEvents, durationMs)
    this.#env.onDigit(digit, durationMs)
  }

  /** Decides anew, here and across the bridge, what is relayed, what is decoded, and at which rate. */
  #retune(): void {
    const partner = this.#partner
    this.#decide()
    if (!partner) {
      this.#tune(this.#seat ? bestRateHz(this.#agreement) : rateAlone(this.#agreement))
      return
    }
    partner.#decide()
    const relayed = this.#relays && partner.#relays
    const rateHz = rateTogether(this.#agreement, partner.#agreement, relayed)
    this.#tune(rateHz)
    partner.#tune(rateHz)
  }

  #decide(): void {
    const partner = this.#partner
    const relayed = this.#relays
    const { findsTones } = this.#receiver
    this.#relays =
      partner !== undefined &&
      !(this.#unfit || (findsTones && (partner.takesEvents || this.takesEvents))) &&
      !(this.screen.muted || partner.screen.covers) &&
      canRelay(this.#agreement, partner.#agreement)
    if (relayed && !this.#relays && partner) partner.#transmitter.endRelay()
    const forPartner = partner !== undefined && (!this.#relays || partner.taps.listens)
    this.#decodes = this.taps.listens || forPartner || findsTones || this.#seat?.listens === true
  }

  #tune(rateHz: PcmRateHz): void {
    if (this.#said.length !== frameSamples(rateHz))
      this.#said = new Int16Array(frameSamples(rateHz))
    this.#receiver.tune(rateHz, this.#decodes)
    this.#transmitter.tune(rateHz)
    this.#playback.tune(rateHz)
    this.screen.tune(rateHz)
    this.#keypad.tune(rateHz)
    this.taps.tune(rateHz)
  }
}
