import type { Socket } from 'node:dgram'
import type { types } from 'mediasoup'
import { MediasoupStreams, type StreamEnds } from './mediasoup-streams.ts'
import type { RtpFormat } from './rtp-port.ts'
import { bindUdp, closeUdp } from './udp-socket.ts'

/** SSRC under which the peer's packets enter mediasoup, which wants it told. */
const INWARD_SSRC = 0x1111_1111
const SSRC_OFFSET = 8
const LOOPBACK = '127.0.0.1'

/** A way through mediasoup for one leg: inwards from a loopback socket, outwards back to it. */
export interface MediasoupPath {
  /** The peer's packet; its SSRC is overwritten. */
  inwards(packet: Uint8Array, bytes: number): void
  /** A packet of ours; copied. */
  outwards(packet: Uint8Array, bytes: number): void
  close(): Promise<void>
}

interface PathEnds {
  readonly onInside: StreamEnds['onPacket']
  /** `onInside` has thrown. */
  readonly onFault: StreamEnds['onFault']
  readonly onOutside: (packet: Uint8Array, bytes: number) => void
}

/** Builds the way inside the router, with `socket` as its outer end. */
async function lay(
  router: types.Router,
  socket: Socket,
  formats: readonly RtpFormat[],
  ends: StreamEnds,
): Promise<{ readonly streams: MediasoupStreams; readonly localPort: number }> {
  const line = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: LOOPBACK },
    rtcpMux: true,
    comedia: false,
  })
  await line.connect({ ip: LOOPBACK, port: socket.address().port })
  const streams = await MediasoupStreams.open(router, line, ends)
  await streams.hear(formats, { ssrc: INWARD_SSRC })
  await streams.speak(formats)
  return { streams, localPort: line.tuple.localPort }
}

/** Rejects, and leaves nothing open, when mediasoup does not take the formats. */
export async function openMediasoupPath(
  worker: types.Worker,
  formats: readonly RtpFormat[],
  { onInside, onOutside, onFault }: PathEnds,
): Promise<MediasoupPath> {
  const socket = await bindUdp(LOOPBACK, 0)
  let router: types.Router | undefined
  const close = async (): Promise<void> => {
    router?.close()
    await closeUdp(socket)
  }
  try {
    router = await worker.createRouter()
    const { streams, localPort } = await lay(router, socket, formats, {
      onPacket: onInside,
      onFault,
    })
    socket.on('message', (packet, from) => {
      if (from.port === localPort) onOutside(packet, packet.length)
    })
    return {
      inwards(packet, bytes) {
        new DataView(packet.buffer, packet.byteOffset).setUint32(SSRC_OFFSET, INWARD_SSRC)
        socket.send(packet, 0, bytes, localPort, LOOPBACK)
      },
      outwards: (packet, bytes) => {
        streams.send(packet, bytes)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
