import { createMediasoupWorker } from '../../engine/media/mediasoup.ts'
import { MediasoupRtpPorts } from '../../engine/media/rtp/mediasoup-rtp-port.ts'
import { PlainRtpPorts } from '../../engine/media/rtp/plain-rtp-port.ts'
import { rtpPortCases } from './rtp-port.cases.ts'

const sockets = (first: number): PlainRtpPorts =>
  new PlainRtpPorts({
    bindAddress: '127.0.0.1',
    first,
    last: first + 49,
    restMs: 0,
    nowMs: () => performance.now(),
    random: Math.random,
  })

rtpPortCases('own sockets', async () => sockets(28_000))

rtpPortCases(
  'mediasoup behind own sockets',
  async () => new MediasoupRtpPorts(sockets(28_050), await createMediasoupWorker()),
)
