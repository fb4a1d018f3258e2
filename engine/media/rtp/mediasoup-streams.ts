import type { types } from 'mediasoup'
import { disguise } from './disguise.ts'
import type { RtpFormat } from './rtp-port.ts'

const MID_URI: types.RtpHeaderExtensionUri = 'urn:ietf:params:rtp-hdrext:sdes:mid'
/** SSRC under which our packets enter mediasoup, which wants it told and gives them one of its own. */
const OUTWARD_SSRC = 0x2222_2222
const SSRC_OFFSET = 8
const MOST_PACKET_BYTES = 1500

/** By what the peer's packets are known: RTP itself, or the mid of BUNDLE (RFC 9143) and where it is in them. */
export type StreamSource =
  | { readonly ssrc: number }
  | { readonly mid: string; readonly midExtension: number }

export interface StreamEnds {
  /** A packet of the peer; lent for the call. */
  readonly onPacket: (packet: Uint8Array, bytes: number) => void
  /** The first time that `onPacket` throws, which mediasoup would keep to itself. */
  readonly onFault: (error: unknown) => void
}

function encodingOf(source: StreamSource): Partial<types.RtpParameters> {
  if ('ssrc' in source) return { encodings: [{ ssrc: source.ssrc }] }
  const { mid, midExtension: id } = source
  return { mid, headerExtensions: [{ uri: MID_URI, id }], encodings: [{}] }
}

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
    this.#router.updateMediaCodecs(router)
    const ear = await this.#line.produce({
      kind: 'audio',
      rtpParameters: { codecs, ...encodingOf(source) },
    })
    this.#ear = ear
    const consumer = await this.#direct.consume({
      producerId: ear.id,
      rtpCapabilities: capabilities(this.#router),
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
    const { router, codecs } = disguise(formats)
    this.#router.updateMediaCodecs(router)
    const mouth = await this.#direct.produce({
      kind: 'audio',
      rtpParameters: { codecs, encodings: [{ ssrc: OUTWARD_SSRC }] },
    })
    await this.#line.consume({
      producerId: mouth.id,
      rtpCapabilities: capabilities(this.#router),
      mid,
    })
    this.#mouth = mouth
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
