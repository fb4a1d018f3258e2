import { srtpSuites } from '../../engine/media/agreement.ts'
import { MediasoupHost } from '../../engine/media/rtp/mediasoup-host.ts'
import { MediasoupRtpPorts } from '../../engine/media/rtp/mediasoup-rtp-port.ts'
import { PlainRtpPorts } from '../../engine/media/rtp/plain-rtp-port.ts'
import type { AddressedRtpPorts } from '../../engine/media/rtp/rtp-port.ts'
import { startHostedWorker } from '../../engine/media/rtp/webrtc-server.ts'
import { rtpPortCases } from './rtp-port.cases.ts'
import { newKey } from './srtp-key.ts'

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

const throughMediasoup = (first: number) => async (): Promise<AddressedRtpPorts> => {
  const start = () => startHostedWorker(undefined)
  const host = new MediasoupHost(await start(), start, () => {})
  const ports = new MediasoupRtpPorts(sockets(first), host)
  return {
    open: () => ports.open(),
    close: async () => {
      await ports.close()
      await host.close()
    },
  }
}

rtpPortCases('mediasoup behind own sockets', throughMediasoup(28_050))

for (const [at, suite] of srtpSuites.entries()) {
  const [ours, theirs] = [newKey(suite), newKey(suite)]
  rtpPortCases(suite, async () => sockets(28_500 + 50 * at), { kind: 'sdes', ours, theirs })
}

const suite = 'AEAD_AES_128_GCM'
rtpPortCases('SRTP in front of mediasoup', throughMediasoup(28_450), {
  kind: 'sdes',
  ours: newKey(suite),
  theirs: newKey(suite),
})
