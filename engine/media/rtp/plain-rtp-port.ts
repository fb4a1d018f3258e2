import type { RemoteInfo, Socket } from 'node:dgram'
import { Failure } from '../../core/failures.ts'
import { isRtcp, RTP_HEADER_BYTES } from '../../dsp/rtp.ts'
import type { RtcpTerms } from '../agreement.ts'
import type { LinkFigures, PlayoutFigures } from './link-figures.ts'
import { PortRange } from './port-range.ts'
import { RtcpSession } from './rtcp-session.ts'
import type {
  AddressedRtpPort,
  AddressedRtpPorts,
  RtpPortStatistics,
  RtpTarget,
} from './rtp-port.ts'
import { SourceLock } from './source-lock.ts'
import { SrtpGuard } from './srtp-guard.ts'
import { UdpSender } from './udp-sender.ts'
import { bindUdp, closeUdp, inSocketForm } from './udp-socket.ts'

const ignore = (): void => {}

/** How often ports are asked whether a report is due. */
const LOOK_MS = 500

/** An RTP port on two UDP sockets of our own, one of RTP and one of RTCP, plain or with SRTP. */
class PlainRtpPort implements AddressedRtpPort {
  readonly kind = 'addressed'
  readonly localPort: number
  onPacket: (packet: Uint8Array, bytes: number) => void = ignore
  readonly #rtp: Socket
  readonly #sender: UdpSender
  readonly #rtcp: Socket
  readonly #ipv6: boolean
  readonly #lock = new SourceLock()
  readonly #guard = new SrtpGuard()
  readonly #rtcpSession: RtcpSession
  readonly #released: () => void
  /** Where RTCP goes by SDP; undefined: nowhere. */
  #rtcpTo: RtcpTerms['remote'] | undefined
  #rtcpMux = false
  /** A port, not that of SDP, from which the peer behind a NAT has sent RTCP; 0: none. */
  #rtcpLearnt = 0
  readonly #counted = {
    packetsSent: 0,
    packetsReceived: 0,
    packetsFromStrangers: 0,
    packetsForged: 0,
    rtcpReceived: 0,
  }
  #closing: Promise<void> | undefined

  constructor(rtp: Socket, rtcp: Socket, clock: PortClock, released: () => void) {
    this.#rtp = rtp
    this.#sender = new UdpSender(rtp)
    this.#rtcp = rtcp
    this.#released = released
    const { port, family } = rtp.address()
    this.localPort = port
    this.#ipv6 = family === 'IPv6'
    rtp.on('message', this.#receive)
    rtcp.on('message', this.#receiveRtcp)
    this.#rtcpSession = new RtcpSession({
      ...clock,
      epochMs: Date.now() - clock.nowMs(),
      send: (packet, bytes) => this.#sendRtcp(packet, bytes),
    })
  }

  aim({ remote, natAddress, protection, formats, rtcp }: RtpTarget): void {
    this.#guard.agree(protection)
    this.#rtcpSession.agree(formats, rtcp?.xr)
    this.#rtcpMux = rtcp?.mux ?? false
    this.#rtcpTo = rtcp ? rtcp.remote : remote && { ...remote, port: remote.port + 1 }
    if (!remote) {
      this.#lock.clear()
      return
    }
    const { address, port } = remote
    const nat = natAddress === undefined ? undefined : inSocketForm(natAddress, this.#ipv6)
    this.#lock.aim(inSocketForm(address, this.#ipv6), port, nat)
  }

  send(packet: Uint8Array, bytes: number): void {
    if (this.#closing || this.#lock.port === 0) return
    const { on, packet: sealed } = this.#guard
    const length = on ? this.#guard.protect(packet, bytes) : bytes
    if (length === 0) return
    this.#counted.packetsSent += 1
    this.#rtcpSession.sent(packet, bytes)
    this.#sender.send(on ? sealed : packet, length, this.#lock.port, this.#lock.address)
  }

  get heard(): number {
    return this.#counted.packetsReceived + this.#counted.rtcpReceived
  }

  get heardRtcp(): number {
    return this.#counted.rtcpReceived
  }

  statistics(): RtpPortStatistics {
    return { ...this.#counted }
  }

  link(): LinkFigures {
    return this.#rtcpSession.figures()
  }

  plays(figures: PlayoutFigures): void {
    this.#rtcpSession.plays(figures)
  }

  /** A few times a second: sends a report when one is due. */
  look(): void {
    this.#rtcpSession.look()
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    this.#rtcpSession.bye()
    this.onPacket = ignore
    this.#rtp.removeListener('message', this.#receive)
    this.#rtcp.removeListener('message', this.#receiveRtcp)
    await Promise.all([closeUdp(this.#rtp), closeUdp(this.#rtcp)])
    this.#released()
  }

  readonly #receive = (packet: Buffer, from: RemoteInfo): void => {
    const isOfRtcp = isRtcp(packet, packet.length)
    const bytes = this.#guard.on && !isOfRtcp ? this.#open(packet, from) : packet.length
    if (bytes < 0) return
    const verdict = this.#lock.judge(from.address, from.port, packet, bytes)
    if (verdict === 'learning') return
    if (verdict === 'stranger') {
      this.#counted.packetsFromStrangers += 1
    } else if (isOfRtcp) {
      this.#counted.rtcpReceived += 1
      this.#readRtcp(packet, true)
    } else {
      this.#counted.packetsReceived += 1
      if (bytes >= RTP_HEADER_BYTES) this.#rtcpSession.received(packet, bytes)
      this.onPacket(packet, bytes)
    }
  }

  /** RTP of the peer's SRTP: the new length; -1: dropped. Nobody else's is looked into, nor learnt from. */
  #open(packet: Buffer, from: RemoteInfo): number {
    const isPeer = this.#lock.isPeer(from.address, from.port)
    const isCandidate = isPeer || this.#lock.learnsAt(from.address)
    const bytes = isCandidate ? this.#guard.unprotect(packet, packet.length) : -1
    if (bytes < 0 && isPeer) this.#counted.packetsForged += 1
    else if (bytes < 0) this.#counted.packetsFromStrangers += 1
    return bytes
  }

  /** It shows that the peer is there. What it says changes figures alone: a BYE too ends no call. */
  readonly #receiveRtcp = (packet: Buffer, from: RemoteInfo): void => {
    if (!this.#lock.isHost(from.address)) this.#counted.packetsFromStrangers += 1
    else if (isRtcp(packet, packet.length)) {
      this.#counted.rtcpReceived += 1
      const isAimed = from.port === this.#rtcpTo?.port
      const proved = this.#readRtcp(packet, isAimed)
      if (proved && !isAimed && from.address === this.#lock.address) this.#rtcpLearnt = from.port
    }
  }

  /** `isFrom` as the SDP says; anybody else on the host has to know what the peer alone knows. */
  #readRtcp(packet: Buffer, isFrom: boolean): boolean {
    const { on } = this.#guard
    const bytes = on ? this.#guard.unprotectRtcp(packet, packet.length) : packet.length
    return bytes >= 0 && this.#rtcpSession.heard(packet, bytes, isFrom || on)
  }

  #sendRtcp(packet: Buffer, bytes: number): void {
    const { address, port } = this.#lock
    if (this.#closing || !this.#rtcpTo || port === 0) return
    const { on } = this.#guard
    const length = on ? this.#guard.protectRtcp(packet, bytes) : bytes
    if (length === 0) return
    const sealed = on ? this.#guard.rtcpPacket : packet
    if (this.#rtcpMux) {
      this.#rtp.send(sealed, 0, length, port, address)
      return
    }
    // Where a NAT has moved the peer to, its SDP is of no use.
    const to = this.#lock.isLearnt
      ? { address, port: this.#rtcpLearnt || port + 1 }
      : { address: inSocketForm(this.#rtcpTo.address, this.#ipv6), port: this.#rtcpTo.port }
    if (to.port <= 0xffff) this.#rtcp.send(sealed, 0, length, to.port, to.address)
  }
}

/** The clock of the tick in whole milliseconds, and chance from 0 to below 1. */
type PortClock = Pick<PlainRtpPortsOptions, 'nowMs' | 'random'>

interface PlainRtpPortsOptions {
  readonly bindAddress: string
  readonly first: number
  readonly last: number
  /** How long a port rests after its last use. */
  readonly restMs: number
  readonly nowMs: () => number
  readonly random: () => number
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

/** Gives out RTP ports on own sockets from a range. */
export class PlainRtpPorts implements AddressedRtpPorts {
  readonly #options: PlainRtpPortsOptions
  readonly #range: PortRange
  readonly #open = new Set<PlainRtpPort>()
  readonly #looking: NodeJS.Timeout

  constructor(options: PlainRtpPortsOptions) {
    this.#options = options
    this.#range = new PortRange(options.first, options.last, options.restMs, options.random)
    this.#looking = setInterval(() => {
      for (const port of this.#open) port.look()
    }, LOOK_MS)
    this.#looking.unref()
  }

  async open(wished?: number): Promise<AddressedRtpPort> {
    for (const port of this.#candidates(wished)) {
      this.#range.take(port)
      const opened = await this.#tryPair(port)
      if (opened) return opened
      this.#range.putBack(port)
    }
    const { first, last } = this.#options
    throw new Failure('no_media_port', `Every RTP port from ${first} to ${last} is taken`)
  }

  async close(): Promise<void> {
    clearInterval(this.#looking)
    await Promise.all([...this.#open].map((port) => port.close()))
  }

  *#candidates(wished: number | undefined): Generator<number> {
    if (wished !== undefined && this.#range.mayHave(wished)) yield wished
    yield* this.#range.free(this.#options.nowMs())
  }

  /** Undefined when another program has one of the two. */
  async #tryPair(port: number): Promise<AddressedRtpPort | undefined> {
    const { bindAddress } = this.#options
    const pair = await Promise.allSettled([
      bindUdp(bindAddress, port),
      bindUdp(bindAddress, port + 1),
    ])
    const [rtp, rtcp] = pair
    if (rtp.status === 'fulfilled' && rtcp.status === 'fulfilled') {
      return this.#keep(port, rtp.value, rtcp.value)
    }
    for (const half of pair) if (half.status === 'fulfilled') await closeUdp(half.value)
    for (const half of pair) {
      if (half.status === 'rejected' && !isTaken(half.reason)) {
        this.#range.putBack(port)
        throw new Failure('no_media_port', `UDP port ${port} can't be opened`, undefined, {
          cause: half.reason,
        })
      }
    }
    return undefined
  }

  #keep(port: number, rtp: Socket, rtcp: Socket): AddressedRtpPort {
    const opened = new PlainRtpPort(rtp, rtcp, this.#options, () => {
      this.#open.delete(opened)
      this.#range.release(port, this.#options.nowMs())
    })
    this.#open.add(opened)
    return opened
  }
}
