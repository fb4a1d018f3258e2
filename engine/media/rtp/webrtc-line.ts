import type { types } from 'mediasoup'
import type { Fingerprint, WebRtcEnd, WebRtcPeer } from '../agreement.ts'
import type { LinkFigures } from './link-figures.ts'
import type { HostedWorker } from './mediasoup-host.ts'
import { MediasoupStreams, type StreamSource } from './mediasoup-streams.ts'
import type { RtpFormat } from './rtp-port.ts'
import { candidatesAt } from './webrtc-server.ts'

const ignore = (): void => {}

/**
 * mediasoup's own watch over consent (RFC 7675), in seconds; it takes no less. The port's is faster; this one makes
 * mediasoup forget from where the peer came.
 */
const CONSENT_S = 10

/** Of the hash functions that a certificate may be told by; the better ones first. */
const hashes = ['sha-256', 'sha-512', 'sha-384', 'sha-224', 'sha-1'] as const

/** mediasoup looks at one fingerprint only. @throws Error when there is none that it knows. */
function oneOf(fingerprints: readonly Fingerprint[]): types.DtlsFingerprint {
  for (const algorithm of hashes) {
    const found = fingerprints.find((one) => one.algorithm.toLowerCase() === algorithm)
    if (found) return { algorithm, value: found.value.toUpperCase() }
  }
  throw new Error('the peer tells its certificate by no hash that is known')
}

/** Undefined: nothing is to be heard of the peer, which sends nothing (SDP has seen to that). */
function sourceOf(peer: WebRtcPeer): StreamSource | undefined {
  const { ssrc, mid, midExtension, audioLevelExtension } = peer
  if (ssrc !== undefined) return { ssrc, audioLevelExtension }
  return midExtension === undefined ? undefined : { mid, midExtension, audioLevelExtension }
}

/** What was there stays: taking a payload type away would only begin the stream anew. */
function merged(had: readonly RtpFormat[], now: readonly RtpFormat[]): readonly RtpFormat[] {
  const isIn = (list: readonly RtpFormat[]) => (format: RtpFormat) =>
    list.some(({ payloadType }) => payloadType === format.payloadType)
  if (now.every(isIn(had))) return had
  return [...now, ...had.filter((format) => !isIn(now)(format))]
}

/** The transport by itself: mediasoup keeps one in the list of its WebRtcServer when only the router is closed. */
function shut(router: types.Router, transport: types.WebRtcTransport | undefined): void {
  transport?.close()
  router.close()
}

/**
 * What there is of a WebRTC leg in one worker, for one connection of DTLS: router, WebRtcTransport, DirectTransport.
 */
export class WebRtcLine {
  onPacket: (packet: Uint8Array, bytes: number) => void = ignore
  onState: () => void = ignore
  /** `onPacket` has thrown. */
  onFault: (error: unknown) => void = ignore
  readonly #hosted: HostedWorker
  readonly #router: types.Router
  readonly #transport: types.WebRtcTransport
  readonly #streams: MediasoupStreams
  readonly #addresses: () => readonly string[]
  #fingerprint: types.DtlsFingerprint | undefined
  #heardBy: string | undefined
  #mid: string | undefined
  #formats: readonly RtpFormat[] = []
  /** Undefined: not known, as nobody asked for a while. */
  #bytesReceived: number | undefined = 0

  private constructor(
    hosted: HostedWorker,
    router: types.Router,
    transport: types.WebRtcTransport,
    streams: MediasoupStreams,
    addresses: () => readonly string[],
  ) {
    this.#hosted = hosted
    this.#router = router
    this.#transport = transport
    this.#streams = streams
    this.#addresses = addresses
    transport.on('icestatechange', () => this.onState())
    transport.on('dtlsstatechange', () => this.onState())
  }

  /** Rejects, and leaves nothing open, when the worker dies meanwhile. */
  static async open(hosted: HostedWorker, addresses: () => readonly string[]): Promise<WebRtcLine> {
    const { worker, webRtcServer } = hosted
    if (!webRtcServer) throw new Error('the worker has no port for browsers')
    const router = await worker.createRouter()
    let transport: types.WebRtcTransport | undefined
    try {
      transport = await router.createWebRtcTransport({
        webRtcServer,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
        enableSctp: false,
        iceConsentTimeout: CONSENT_S,
      })
      let line: WebRtcLine | undefined
      const streams = await MediasoupStreams.open(router, transport, {
        onPacket: (packet, bytes) => line?.onPacket(packet, bytes),
        onFault: (error) => line?.onFault(error),
      })
      line = new WebRtcLine(hosted, router, transport, streams, addresses)
      return line
    } catch (error) {
      shut(router, transport)
      throw error
    }
  }

  get end(): WebRtcEnd {
    const { iceParameters, iceCandidates, dtlsParameters } = this.#transport
    return {
      iceUsernameFragment: iceParameters.usernameFragment,
      icePassword: iceParameters.password,
      fingerprints: dtlsParameters.fingerprints,
      candidates: candidatesAt(this.#addresses(), iceCandidates),
    }
  }

  /** ICE and DTLS stand. */
  get isUp(): boolean {
    const { iceState, dtlsState } = this.#transport
    return dtlsState === 'connected' && (iceState === 'connected' || iceState === 'completed')
  }

  /** It stood, or tried to, and does not; it may again unless it is `isOver`. */
  get isLost(): boolean {
    const { iceState } = this.#transport
    return this.isOver || iceState === 'disconnected' || iceState === 'closed'
  }

  /** Nothing can come of it any more. */
  get isOver(): boolean {
    const { dtlsState, closed } = this.#transport
    return closed || this.#hosted.worker.closed || dtlsState === 'failed' || dtlsState === 'closed'
  }

  /**
   * Takes what SDP said of the peer. What is as before goes on undisturbed. A payload type more begins the stream
   * anew, and mediasoup forgets its rollovers: a peer that keeps the SSRC is then not heard after 22 minutes (65,536
   * packets). Browsers name all their types at first.
   * @throws Error when the peer can't be had that way; what was agreed on before stays.
   */
  async agree(formats: readonly RtpFormat[], peer: WebRtcPeer): Promise<void> {
    await this.#connect(peer)
    const all = merged(this.#formats, formats)
    const source = sourceOf(peer)
    const heardBy = JSON.stringify(source)
    const isNew = all !== this.#formats
    if (isNew || peer.mid !== this.#mid) await this.#streams.speak(all, peer.mid)
    if (source && (isNew || heardBy !== this.#heardBy)) await this.#streams.hear(all, source)
    this.#formats = all
    this.#mid = peer.mid
    this.#heardBy = heardBy
  }

  send(packet: Uint8Array, bytes: number): boolean {
    return this.#streams.send(packet, bytes)
  }

  figures(): Promise<LinkFigures> {
    return this.#streams.figures()
  }

  async restartIce(): Promise<void> {
    await this.#transport.restartIce()
  }

  /**
   * Bytes of any kind that came since the last time; RTP, RTCP, and ICE asking for consent. The first time after
   * `forgetBytes` 0.
   */
  async bytesSinceLast(): Promise<number> {
    const [stats] = await this.#transport.getStats()
    const now = stats?.bytesReceived ?? 0
    const more = now - (this.#bytesReceived ?? now)
    this.#bytesReceived = now
    return more
  }

  /** The next `bytesSinceLast` is not asked after the time that passed until then. */
  forgetBytes(): void {
    this.#bytesReceived = undefined
  }

  close(): void {
    this.onPacket = ignore
    this.onState = ignore
    shut(this.#router, this.#transport)
  }

  /** mediasoup takes one certificate of the peer for the life of a transport. */
  async #connect(peer: WebRtcPeer): Promise<void> {
    const fingerprint = oneOf(peer.fingerprints)
    const known = this.#fingerprint
    if (!known) {
      await this.#transport.connect({
        dtlsParameters: { role: peer.role, fingerprints: [fingerprint] },
      })
      this.#fingerprint = fingerprint
    } else if (known.algorithm !== fingerprint.algorithm || known.value !== fingerprint.value) {
      throw new Error('the peer came back with another certificate, which takes a new connection')
    }
  }
}
