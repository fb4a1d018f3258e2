import {
  audioCodecs,
  type LegStatistics,
  type PlayOutcome,
  type RecordLayout,
  type Sound,
} from '../../core/ports/media.ts'
import { emptyRtpHeader, readRtp } from '../../dsp/rtp.ts'
import type { Agreement, CodecName, EventFormat } from '../agreement.ts'
import type { AddressedRtpPort, RtpFormat } from '../rtp/rtp-port.ts'
import { codecOf, FRAME_MS, FRAME_SAMPLES } from './codec.ts'
import { KeyCredit } from './key-credit.ts'
import { Keypad } from './keypad.ts'
import { Playback } from './playback.ts'
import { Receiver } from './receiver.ts'
import type { Recorder } from './recorder.ts'
import { type SilenceChange, type SilenceLimits, SilenceWatch } from './silence-watch.ts'
import { prepareSound } from './sounds.ts'
import { Transmitter } from './transmitter.ts'

interface LegEnvironment {
  /** Milliseconds on the clock of the tick, whole ones. */
  readonly nowMs: () => number
  /** 32 random bits. */
  readonly random: () => number
  readonly onDigit: (digit: string, durationMs: number) => void
  readonly silence: SilenceLimits
  readonly onSilence: (change: SilenceChange, silentMs: number) => void
}

/** When a relayed stream has been still for this long, we send silence in its place. */
const RELAY_STILL_MS = 200
/** A key of the other side is passed on as long as it was pressed, within these. */
const SHORTEST_KEY_MS = 60
const LONGEST_KEY_MS = 2000

/** Comfort noise (RFC 3551 table 4), whether or not anybody agreed on it. */
const COMFORT_NOISE = 13

const NOT_SENT = 0
const SILENCE = 1
const BRIDGE = 2
const SOUND = 3
const KEYS = 4
type Source = 0 | 1 | 2 | 3 | 4

const silentFrame = new Int16Array(FRAME_SAMPLES)

/**
 * One leg's audio. A tick first lets every leg `receive`, then every leg `transmit`; what is sent is, in
 * this order: keys, a sound, the other leg of the bridge, silence. Between two legs with the same codec
 * packets are relayed as they come, without decoding, and the tick only looks on.
 */
export class Leg {
  readonly #port: AddressedRtpPort
  readonly #env: LegEnvironment
  readonly #header = emptyRtpHeader()
  readonly #receiver: Receiver
  readonly #transmitter: Transmitter
  readonly #keypad = new Keypad()
  readonly #keyCredit: KeyCredit
  readonly #playback = new Playback(prepareSound)
  readonly #said = new Int16Array(FRAME_SAMPLES)
  #agreement: Agreement | undefined
  #partner: Leg | undefined
  #recorder: Recorder | undefined
  #receivedIsLeft = true
  /** Packets that arrive go to the partner as they are. */
  #relays = false
  /** Somebody wants the samples that arrive. */
  #decodes = false
  #lastSource: Source = NOT_SENT
  readonly #silence: SilenceWatch
  #sendsComfortNoise = false
  #malformed = 0
  #keysRefused = 0

  constructor(port: AddressedRtpPort, env: LegEnvironment) {
    this.#port = port
    this.#env = env
    this.#keyCredit = new KeyCredit(env.nowMs())
    this.#receiver = new Receiver((digit, durationMs) => this.#digit(digit, durationMs))
    this.#transmitter = new Transmitter(port, env.random)
    this.#silence = new SilenceWatch(env.silence, env.onSilence)
    port.onPacket = (packet, bytes) => this.#packet(packet, bytes)
  }

  get localPort(): number {
    return this.#port.localPort
  }

  get recording(): boolean {
    return this.#recorder !== undefined
  }

  /** Takes what SDP agreed on, at first or anew. */
  agree(agreement: Agreement, natAddress: string | undefined): void {
    const { remote, codec, payloadType, telephoneEvent, protection } = agreement
    this.#agreement = agreement
    this.#receiver.agree(agreement.receivePayloads)
    if (!agreement.receive) this.#receiver.reset()
    this.#transmitter.agree(codecOf(codec), payloadType, telephoneEvent?.payloadType ?? null)
    this.#port.aim({ remote, natAddress, formats: formatsOf(agreement), protection })
    this.#retune()
  }

  /** From now on silence of the peer counts. */
  watch(): void {
    this.#silence.begin()
  }

  /** Once a second: is the peer still there? `elapsedMs` since the last time. */
  look(elapsedMs: number): void {
    const { heard, heardRtcp } = this.#port
    this.#silence.look(heard, this.#isDue(heardRtcp > 0), elapsedMs)
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
    this.unbridge()
    other.unbridge()
    this.stop()
    other.stop()
    this.#partner = other
    other.#partner = this
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

  record(recorder: Recorder, layout: RecordLayout): void {
    this.#recorder = recorder
    this.#receivedIsLeft = layout === 'receivedLeft'
    this.#retune()
  }

  /** Takes the recorder off; the caller closes it. */
  unrecord(): void {
    this.#recorder = undefined
    this.#retune()
  }

  /** First half of a tick: moves the received stream on by one frame. */
  receive(nowMs: number): void {
    this.#receiver.tick(nowMs)
    if (this.#decodes) this.#receiver.decode()
  }

  /** Second half of a tick: sends one frame, unless packets are relayed. */
  transmit(nowMs: number): void {
    const source = this.#fill(nowMs)
    if (source !== NOT_SENT && this.#agreement?.send) {
      const spurt = source > SILENCE && source !== this.#lastSource
      this.#transmitter.audio(this.#said, spurt, nowMs)
    }
    this.#lastSource = source
    this.#record()
  }

  /** So many ticks were left out: the recording keeps its time. */
  skip(ticks: number): void {
    for (let n = 0; n < ticks; n++) this.#recorder?.write(silentFrame, silentFrame, FRAME_SAMPLES)
  }

  statistics(): LegStatistics {
    const port = this.#port.statistics()
    const { lost, late, concealed } = this.#receiver.counters
    return {
      codec: this.#agreement?.codec ?? null,
      packetsSent: port.packetsSent,
      packetsReceived: port.packetsReceived,
      packetsLost: lost,
      packetsLate: late,
      framesConcealed: concealed,
      packetsFromStrangers: port.packetsFromStrangers,
    }
  }

  /** Packets of the peer that were no RTP, of a type not agreed on, or a key too many. */
  get packetsRefused(): number {
    return this.#malformed + this.#receiver.unknownPayloads + this.#keysRefused
  }

  /** Ends everything; who waits for a sound or for keys is told. */
  async close(): Promise<void> {
    this.unbridge()
    this.#playback.end('legClosed')
    this.#keypad.close()
    await this.#port.close()
  }

  get takesEvents(): boolean {
    return (this.#agreement?.telephoneEvent ?? null) !== null
  }

  /**
   * The peer should be sending: neither side holds the other, and if it saves the packets of silence, as those
   * do that know comfort noise, then it is known to send RTCP all the same.
   */
  #isDue(sendsRtcp: boolean): boolean {
    const agreement = this.#agreement
    if (!agreement?.send || !agreement.receive) return false
    return sendsRtcp || !(agreement.comfortNoise || this.#sendsComfortNoise)
  }

  /** Keys or a sound have the way out to themselves. */
  get #occupied(): boolean {
    return this.#keypad.busy || this.#playback.playing
  }

  /** Fills `#said` and says from what; NOT_SENT when something else was, or is to be, sent. */
  #fill(nowMs: number): Source {
    const said = this.#said
    if (this.#keypad.busy) {
      const maySend = this.#agreement?.send === true
      return this.#keypad.tick(this.#transmitter, maySend, said, nowMs) ? NOT_SENT : KEYS
    }
    if (this.#playback.next(said)) return SOUND
    return this.#fillFromPartner(nowMs)
  }

  #fillFromPartner(nowMs: number): Source {
    const partner = this.#partner
    if (!partner) {
      this.#said.fill(0)
      return SILENCE
    }
    if (partner.#decodes) this.#said.set(partner.#receiver.heard)
    else this.#said.fill(0)
    const relayed = partner.#relays && this.#transmitter.relaying(nowMs, RELAY_STILL_MS)
    return relayed ? NOT_SENT : BRIDGE
  }

  #record(): void {
    const recorder = this.#recorder
    if (!recorder) return
    const heard = this.#receiver.heard
    if (this.#receivedIsLeft) recorder.write(heard, this.#said, FRAME_SAMPLES)
    else recorder.write(this.#said, heard, FRAME_SAMPLES)
  }

  #packet(packet: Uint8Array, bytes: number): void {
    const header = this.#header
    if (!readRtp(packet, bytes, header)) {
      this.#malformed += 1
      return
    }
    if (header.payloadType === COMFORT_NOISE) this.#sendsComfortNoise = true
    if (!this.#agreement?.receive) return
    const nowMs = this.#env.nowMs()
    const kind = this.#receiver.packet(header, packet, nowMs)
    const partner = this.#partner
    if (!this.#relays || !partner || kind === 'unknown') return
    const isEvent = kind === 'event'
    if (!isEvent && !this.#stillRelays(partner)) return
    if (!partner.#occupied) partner.#transmitter.relay(header, packet, isEvent, nowMs)
  }

  /** The peer sends what the partner can't take as it is (other codec, other length): decode from now. */
  #stillRelays(partner: Leg): boolean {
    const sameCodec = this.#receiver.codec === partner.#agreement?.codec
    this.#relays = sameCodec && this.#header.payloadLength === FRAME_SAMPLES
    if (!this.#relays) {
      this.#decodes = true
      partner.#transmitter.endRelay()
    }
    return this.#relays
  }

  #digit(digit: string, durationMs: number): void {
    if (!this.#keyCredit.pay(this.#env.nowMs())) {
      this.#keysRefused += 1
      return
    }
    const partner = this.#partner
    if (partner && !(this.#relays && partner.takesEvents)) {
      const pressedMs = Math.min(LONGEST_KEY_MS, Math.max(SHORTEST_KEY_MS, durationMs))
      partner.#keypad.forward(digit, partner.takesEvents, pressedMs)
    }
    this.#env.onDigit(digit, durationMs)
  }

  /** Decides anew, here and across the bridge, what is relayed and what is decoded. */
  #retune(): void {
    this.#tune()
    const partner = this.#partner
    if (partner) partner.#tune()
  }

  #tune(): void {
    const partner = this.#partner
    const relayed = this.#relays
    this.#relays = partner !== undefined && canRelay(this.#agreement, partner.#agreement)
    if (relayed && !this.#relays && partner) partner.#transmitter.endRelay()
    const forPartner = partner !== undefined && (!this.#relays || partner.recording)
    this.#decodes = this.recording || forPartner
  }
}

/** Every payload type of either direction once, that of our audio first. */
function formatsOf({
  codec,
  payloadType,
  telephoneEvent,
  receivePayloads,
}: Agreement): RtpFormat[] {
  const formats = new Map<number, RtpFormat>()
  const add = (format: RtpFormat): void => {
    if (!formats.has(format.payloadType)) formats.set(format.payloadType, format)
  }
  const addEvent = ({ payloadType, rateHz }: EventFormat): void =>
    add({ payloadType, codec: 'telephone-event', clockHz: rateHz })
  const addAudio = (name: CodecName, type: number): void =>
    add({ payloadType: type, codec: name, clockHz: name === 'opus' ? 48000 : 8000 })
  addAudio(codec, payloadType)
  if (telephoneEvent) addEvent(telephoneEvent)
  for (const name of audioCodecs) for (const type of receivePayloads[name]) addAudio(name, type)
  receivePayloads.telephoneEvent.forEach(addEvent)
  return [...formats.values()]
}

/** Packets of `from` suit `to` as they are: same codec, one frame each. */
function canRelay(from: Agreement | undefined, to: Agreement | undefined): boolean {
  if (!from || !to) return false
  return from.receive && to.send && from.codec === to.codec && whole(from) && whole(to)
}

const whole = (agreement: Agreement): boolean => agreement.ptimeMs === FRAME_MS
