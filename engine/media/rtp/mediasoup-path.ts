import type { Socket } from 'node:dgram'
import type { types } from 'mediasoup'
import { bindUdp, closeUdp } from './udp-socket.ts'

/** SSRC under which the peer's packets enter mediasoup, and under which ours do: it wants them told. */
const INWARD_SSRC = 0x1111_1111
const OUTWARD_SSRC = 0x2222_2222
const SSRC_OFFSET = 8
const LOOPBACK = '127.0.0.1'

/**
 * Names for payload types. mediasoup passes on packets of the audio codecs that it knows and of nothing
 * else (telephone events are dropped), and never looks inside. So each number is declared as another
 * codec, whatever it is in truth.
 */
const disguises = [
  ['audio/PCMU', 8000],
  ['audio/PCMA', 8000],
  ['audio/SILK', 8000],
  ['audio/G722', 8000],
  ['audio/iLBC', 8000],
  ['audio/SILK', 12000],
  ['audio/SILK', 16000],
  ['audio/SILK', 24000],
  ['audio/ISAC', 16000],
  ['audio/ISAC', 32000],
] as const

const disguised = (payloadTypes: readonly number[]) =>
  disguises.slice(0, payloadTypes.length).map(([mimeType, clockRate], at) => ({
    kind: 'audio' as const,
    mimeType,
    clockRate,
    channels: 1,
    payloadType: payloadTypes[at]!,
    preferredPayloadType: payloadTypes[at]!,
  }))

function producing(payloadTypes: readonly number[], ssrc: number): types.ProducerOptions {
  const codecs = disguised(payloadTypes).map(({ mimeType, clockRate, channels, payloadType }) => ({
    mimeType,
    clockRate,
    channels,
    payloadType,
  }))
  return { kind: 'audio', rtpParameters: { codecs, encodings: [{ ssrc }] } }
}

/** A way through mediasoup for one leg: inwards from a loopback socket, outwards back to it. */
export interface MediasoupPath {
  /** The peer's packet; its SSRC is overwritten. */
  inwards(packet: Uint8Array, bytes: number): void
  /** A packet of ours; copied. */
  outwards(packet: Uint8Array, bytes: number): void
  close(): Promise<void>
}

interface PathEnds {
  readonly onInside: (packet: Uint8Array, bytes: number) => void
  readonly onOutside: (packet: Uint8Array, bytes: number) => void
}

interface Transports {
  readonly line: types.PlainTransport
  readonly direct: types.DirectTransport
}

/** Joins the two transports in both directions; returns where our packets are put in. */
async function join(
  router: types.Router,
  { line, direct }: Transports,
  payloadTypes: readonly number[],
  onInside: PathEnds['onInside'],
): Promise<types.Producer> {
  const rtpCapabilities = { codecs: router.rtpCapabilities.codecs ?? [], headerExtensions: [] }
  const fromPeer = await line.produce(producing(payloadTypes, INWARD_SSRC))
  const ear = await direct.consume({ producerId: fromPeer.id, rtpCapabilities })
  ear.on('rtp', (packet) => onInside(packet, packet.length))
  const mouth = await direct.produce(producing(payloadTypes, OUTWARD_SSRC))
  await line.consume({ producerId: mouth.id, rtpCapabilities })
  return mouth
}

/** Builds the way inside the router, with `socket` as its outer end. */
async function lay(
  router: types.Router,
  socket: Socket,
  payloadTypes: readonly number[],
  onInside: PathEnds['onInside'],
): Promise<{ readonly mouth: types.Producer; readonly localPort: number }> {
  const line = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: LOOPBACK },
    rtcpMux: true,
    comedia: false,
  })
  await line.connect({ ip: LOOPBACK, port: socket.address().port })
  const direct = await router.createDirectTransport()
  const mouth = await join(router, { line, direct }, payloadTypes, onInside)
  return { mouth, localPort: line.tuple.localPort }
}

/**
 * Each path has a router to itself: what leaves a router has the router's payload types, and those are
 * the peer's to choose. Rejects, and leaves nothing open, when mediasoup does not take them.
 */
export async function openMediasoupPath(
  worker: types.Worker,
  payloadTypes: readonly number[],
  { onInside, onOutside }: PathEnds,
): Promise<MediasoupPath> {
  const socket = await bindUdp(LOOPBACK, 0)
  let router: types.Router | undefined
  const close = async (): Promise<void> => {
    router?.close()
    await closeUdp(socket)
  }
  try {
    router = await worker.createRouter({ mediaCodecs: disguised(payloadTypes) })
    const { mouth, localPort } = await lay(router, socket, payloadTypes, onInside)
    socket.on('message', (packet, from) => {
      if (from.port === localPort) onOutside(packet, packet.length)
    })
    return {
      inwards(packet, bytes) {
        new DataView(packet.buffer, packet.byteOffset).setUint32(SSRC_OFFSET, INWARD_SSRC)
        socket.send(packet, 0, bytes, localPort, LOOPBACK)
      },
      outwards(packet, bytes) {
        const copy = Buffer.from(packet.subarray(0, bytes))
        copy.writeUInt32BE(OUTWARD_SSRC, SSRC_OFFSET)
        mouth.send(copy)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
