import { Failure } from '../../core/failures.ts'
import { audioCodecs, type ConnectionState } from '../../core/ports/media.ts'
import type { Agreement, CodecName, EventFormat, WebRtcEnd } from '../agreement.ts'
import type { OpenedLeg } from '../messages.ts'
import { type LinkFigures, noLink, type PlayoutFigures } from '../rtp/link-figures.ts'
import type {
  AddressedRtpPort,
  RtpFormat,
  RtpPort,
  RtpPortStatistics,
  RtpPorts,
  WebRtcPort,
} from '../rtp/rtp-port.ts'
import { codecKinds } from './codec.ts'

type Door = AddressedRtpPort | WebRtcPort

const ignore = (): void => {}

/**
 * A leg's ways to the network. An offer may be for a handset and for a browser at once: then both doors stand
 * open until it is known who came, and the other one is closed.
 */
export class Doors {
  onPacket: (packet: Uint8Array, bytes: number) => void = ignore
  onConnection: (state: ConnectionState) => void = ignore
  #addressed: AddressedRtpPort | undefined
  #webrtc: WebRtcPort | undefined
  /** The one that was agreed on last. */
  #current: RtpPort | undefined
  #settled = false
  /** Of doors that were closed. */
  readonly #past: { -readonly [Name in keyof RtpPortStatistics]: number } = {
    packetsSent: 0,
    packetsReceived: 0,
    packetsFromStrangers: 0,
    packetsForged: 0,
    rtcpReceived: 0,
  }

  /**
   * Opens a door unless it is open, and says what SDP says of it. `port` as AddressedRtpPorts.open.
   * @throws Failure `no_media_port`; `invalid_request` when the call is up over the other one.
   */
  async open(ports: RtpPorts, webrtc: boolean, port?: number): Promise<OpenedLeg> {
    const there = webrtc ? this.#webrtc : this.#addressed
    if (!there) {
      this.#mayOpen()
      this.add(await (webrtc ? ports.openWebRtc() : ports.open(port)))
    }
    if (webrtc && this.#webrtc) return { webrtc: this.#webrtc.end }
    if (this.#addressed) return { port: this.#addressed.localPort }
    throw new Failure('no_media_port', 'The port was closed while it was being opened')
  }

  /** A door that is open, one of each kind at most. */
  add(door: Door): void {
    door.onPacket = (packet, bytes) => {
      if (door === this.#current) this.onPacket(packet, bytes)
    }
    if (door.kind === 'webrtc') {
      door.onConnection = (state) => this.onConnection(state)
      this.#webrtc = door
    } else {
      this.#addressed = door
    }
  }

  #mayOpen(): void {
    if (!this.#settled) return
    throw new Failure('invalid_request', 'A call can not change between WebRTC and plain RTP')
  }

  /** @throws Failure `call_ended` when the door agreed on is not open. */
  aim(agreement: Agreement, natAddress: string | undefined): void {
    const { protection, remote } = agreement
    const door = protection.kind === 'webrtc' ? this.#webrtc : this.#addressed
    if (!door) throw new Failure('call_ended', 'The leg has no port of the kind agreed on')
    this.#current = door
    const { rtcp } = agreement
    door.aim({ remote, natAddress, formats: formatsOf(agreement), protection, rtcp })
  }

  /** New ICE credentials; null without a door for browsers. */
  async restartIce(): Promise<WebRtcEnd | null> {
    return (await this.#webrtc?.restartIce()) ?? null
  }

  /** It is known who came: the other door is closed. */
  async settle(): Promise<void> {
    if (this.#settled || !this.#current) return
    this.#settled = true
    if (this.#current === this.#webrtc) {
      const other = this.#addressed
      this.#addressed = undefined
      await this.#shut(other)
    } else {
      const other = this.#webrtc
      this.#webrtc = undefined
      await this.#shut(other)
    }
  }

  send(packet: Uint8Array, bytes: number): void {
    this.#current?.send(packet, bytes)
  }

  get heard(): number {
    return this.#current?.heard ?? 0
  }

  get heardRtcp(): number {
    return this.#current?.heardRtcp ?? 0
  }

  link(): LinkFigures {
    return this.#current?.link() ?? noLink
  }

  plays(figures: PlayoutFigures): void {
    this.#current?.plays(figures)
  }

  statistics(): RtpPortStatistics {
    const sum = { ...this.#past }
    for (const door of [this.#addressed, this.#webrtc]) if (door) addUp(door, sum)
    return sum
  }

  /** Takes over what these doors counted. */
  inherit(figures: RtpPortStatistics): void {
    add(figures, this.#past)
  }

  /** They are open, and are somebody else's now. Each is given away once. */
  handOver<Given>(give: (door: Door, isCurrent: boolean) => Given): Given[] {
    const doors = [this.#addressed, this.#webrtc].filter((door) => door !== undefined)
    const given = doors.map((door) => give(door, door === this.#current))
    this.#addressed = undefined
    this.#webrtc = undefined
    this.#current = undefined
    return given
  }

  get isSettled(): boolean {
    return this.#settled
  }

  /** An open door that has been aimed, or was somebody else's. */
  takeOver(door: Door, isCurrent: boolean, isSettled: boolean): void {
    this.add(door)
    if (isCurrent) this.#current = door
    this.#settled = isSettled
  }

  /** Of doors that are closed. */
  get past(): RtpPortStatistics {
    return this.#past
  }

  async close(): Promise<void> {
    this.onPacket = ignore
    this.onConnection = ignore
    this.#settled = true
    await Promise.all([this.#addressed?.close(), this.#webrtc?.close()])
  }

  async #shut(door: Door | undefined): Promise<void> {
    if (!door) return
    await door.close()
    addUp(door, this.#past)
  }
}

type Sum = { -readonly [Name in keyof RtpPortStatistics]: number }

const addUp = (door: Door, sum: Sum): void => add(door.statistics(), sum)

function add(figures: RtpPortStatistics, sum: Sum): void {
  sum.packetsSent += figures.packetsSent
  sum.packetsReceived += figures.packetsReceived
  sum.packetsFromStrangers += figures.packetsFromStrangers
  sum.packetsForged += figures.packetsForged
  sum.rtcpReceived += figures.rtcpReceived
}

/** Every payload type of either direction once, that of our audio first. */
function formatsOf(agreement: Agreement): RtpFormat[] {
  const { telephoneEvent, receivePayloads } = agreement
  const formats = new Map<number, RtpFormat>()
  const add = (format: RtpFormat): void => {
    if (!formats.has(format.payloadType)) formats.set(format.payloadType, format)
  }
  const addEvent = ({ payloadType, rateHz }: EventFormat): void =>
    add({ payloadType, codec: 'telephone-event', clockHz: rateHz })
  const addAudio = (codec: CodecName, payloadType: number): void =>
    add({ payloadType, codec, clockHz: codecKinds[codec].clockHz })
  addAudio(agreement.codec, agreement.payloadType)
  if (telephoneEvent) addEvent(telephoneEvent)
  for (const name of audioCodecs) for (const type of receivePayloads[name]) addAudio(name, type)
  receivePayloads.telephoneEvent.forEach(addEvent)
  return [...formats.values()]
}
