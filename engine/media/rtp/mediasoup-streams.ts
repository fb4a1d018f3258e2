import type { types } from 'mediasoup'
import { disguise } from './disguise.ts'
import { MEDIASOUP_AUDIO_LEVEL } from './header-extensions.ts'
import type { LinkFigures } from './link-figures.ts'
import type { RtpFormat } from './rtp-port.ts'

const MID_URI: types.RtpHeaderExtensionUri = 'urn:ietf:params:rtp-hdrext:sdes:mid'
const LEVEL_URI: types.RtpHeaderExtensionUri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
/** SSRC under which our packets enter mediasoup, which wants it told and gives them one of its own. */
const OUTWARD_SSRC = 0x2222_2222
const SSRC_OFFSET = 8
const MOST_PACKET_BYTES = 1500

/** By what the peer's packets are known: RTP itself, or the mid of BUNDLE (RFC 9143) and where it is in them. */
export type StreamSource =
  | (Levels & { readonly ssrc: number })
  | (Levels & { readonly mid: string; readonly midExtension: number })

interface Levels {
  /** Number of the header extension in which they say how loud they are (RFC 6464), if they do. */
  readonly audioLevelExtension?: number | undefined
}

export interface StreamEnds {
  /** A packet of the peer; lent for the call. */
  readonly onPacket: (packet: Uint8Array, bytes: number) => void
  /** The first time that `onPacket` throws, which mediasoup would keep to itself. */
  readonly onFault: (error: unknown) => void
}

function encodingOf(source: StreamSource): Partial<types.RtpParameters> {
  const { audioLevelExtension } = source
  const levels =
    audioLevelExtension === undefined ? [] : [{ uri: LEVEL_URI, id: audioLevelExtension }]
  if ('ssrc' in source) return { headerExtensions: levels, encodings: [{ ssrc: source.ssrc }] }
  const { mid, midExtension: id } = source
  return { mid, headerExtensions: [{ uri: MID_URI, id }, ...levels], encodings: [{}] }
}

type Stat = types.ProducerStat | types.ConsumerStat

/** In the units of mediasoup: a jitter is in those of the clock that the stream was declared with. */
function linkOf(
  heard: Stat | undefined,
  said: Stat | undefined,
  clockHz: { readonly heard: number; readonly said: number },
): LinkFigures {
  const lost = Math.max(0, heard?.packetsLost ?? 0)
  const came = heard?.packetCount ?? 0
  // Without a round trip no report of the peer has come.
  const roundTripMs = said?.roundTripTime || null
  const reported = roundTripMs === null ? undefined : said
  return {
    lossPercent: lost === 0 ? 0 : (lost * 100) / (came + lost),
    jitterMs: ((heard?.jitter ?? 0) * 1000) / clockHz.heard,
    roundTripMs,
    remoteLossPercent: reported
      ? Math.min(100, (Math.max(0, reported.packetsLost) * 100) / Math.max(1, reported.packetCount))
      : null,
    remoteLossNowPercent: reported ? (reported.fractionLost * 100) / 256 : null,
    remoteJitterMs: reported ? (reported.jitter * 1000) / clockHz.said : null,
    bytesSent: said?.byteCount ?? 0,
    bytesReceived: heard?.byteCount ?? 0,
  }
}

/** The header extensions that reach us. */
const levelsHere: types.RtpHeaderExtension[] = [
  { kind: 'audio', uri: LEVEL_URI, preferredId: MEDIASOUP_AUDIO_LEVEL, direction: 'sendrecv' },
]

/** What a consumer takes: all that the router has. No feedback: nothing is sent twice. */
function capabilities(router: types.Router): types.RtpCapabilities {
  const codecs = (router.rtpCapabilities.codecs ?? []).map((codec) => ({
    ...codec,
    preferredPayloadType: codec.preferredPayloadType ?? 0,
    rtcpFeedback: [],
  }))
  return { codecs, headerExtensions: [] }
}

/**
 * The two streams of a leg between a transport of mediasoup, on which the peer is, and us. The router belongs to
 * the leg alone: what leaves a router has the router's payload types, and those are the peer's to choose.
 */
export class MediasoupStreams {
  readonly #router: types.Router
  readonly #line: types.Transport
  readonly #direct: types.DirectTransport
  readonly #ends: StreamEnds
  readonly #scratch = Buffer.alloc(MOST_PACKET_BYTES)
  #ear: types.Producer | undefined
  #mouth: types.Producer | undefined
  #toPeer: types.Consumer | undefined
  readonly #clockHz = { heard: 8000, said: 8000 }

  private constructor(
    router: types.Router,
    line: types.Transport,
    direct: types.DirectTransport,
    ends: StreamEnds,
  ) {
    this.#router = router
    this.#line = line
    this.#direct = direct
    this.#ends = ends
  }

  static async open(
    router: types.Router,
    line: types.Transport,
    ends: StreamEnds,
  ): Promise<MediasoupStreams> {
    return new MediasoupStreams(router, line, await router.createDirectTransport(), ends)
  }

  /**
   * Takes the peer's packets from now on, in place of those of an earlier source. mediasoup waits for one of the
   * first of the formats before it lets any of them in.
   */
  async hear(formats: readonly RtpFormat[], source: StreamSource): Promise<void> {
    this.#ear?.close()
    this.#ear = undefined
    const { router, codecs } = disguise(formats)
    this.#clockHz.heard = codecs[0]?.clockRate ?? 8000
    this.#router.updateMediaCodecs(router)
    const ear = await this.#line.produce({
      kind: 'audio',
      rtpParameters: { codecs, ...encodingOf(source) },
    })
    this.#ear = ear
    const consumer = await this.#direct.consume({
      producerId: ear.id,
      rtpCapabilities: { ...capabilities(this.#router), headerExtensions: levelsHere },
    })
    const { onPacket, onFault } = this.#ends
    consumer.on('rtp', (packet) => onPacket(packet, packet.length))
    consumer.once('listenererror', (_event, error) => onFault(error))
  }

  /**
   * Lets packets of these payload types out, in place of those before; a new stream to the peer. With `mid` on each,
   * always in a header extension of the number 1: mediasoup has no other.
   */
  async speak(formats: readonly RtpFormat[], mid = '0'): Promise<void> {
    this.#mouth?.close()
    this.#mouth = undefined
    this.#toPeer = undefined
    const { router, codecs } = disguise(formats)
    this.#clockHz.said = codecs[0]?.clockRate ?? 8000
    this.#router.updateMediaCodecs(router)
    const mouth = await this.#direct.produce({
      kind: 'audio',
      rtpParameters: { codecs, encodings: [{ ssrc: OUTWARD_SSRC }] },
    })
    this.#toPeer = await this.#line.consume({
      producerId: mouth.id,
      rtpCapabilities: capabilities(this.#router),
      mid,
    })
    this.#mouth = mouth
  }

  /** What mediasoup knows of both streams, by packets and RTCP; as old as the question. */
  async figures(): Promise<LinkFigures> {
    const [heard, said] = await Promise.all([
      this.#ear?.getStats() ?? [],
      this.#toPeer?.getStats() ?? [],
    ])
    return linkOf(
      heard.find(({ type }) => type === 'inbound-rtp'),
      said.find(({ type }) => type === 'outbound-rtp'),
      this.#clockHz,
    )
  }

  /** Sends a packet of ours, which may be reused at once. False: nobody is there to send it. */
  send(packet: Uint8Array, bytes: number): boolean {
    const mouth = this.#mouth
    if (!mouth || bytes > MOST_PACKET_BYTES) return false
    this.#scratch.set(bytes === packet.length ? packet : packet.subarray(0, bytes))
    this.#scratch.writeUInt32BE(OUTWARD_SSRC, SSRC_OFFSET)
    mouth.send(this.#scratch.subarray(0, bytes))
    return true
  }
}
