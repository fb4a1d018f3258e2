import { srtpSuites } from '../../engine/media/agreement.ts'
import { MediasoupHost } from '../../engine/media/rtp/mediasoup-host.ts'
import { MediasoupRtpPorts } from '../../engine/media/rtp/mediasoup-rtp-port.ts'
import { PlainRtpPorts } from '../../engine/media/rtp/plain-rtp-port.ts'
import { startHostedWorker } from '../../engine/media/rtp/webrtc-server.ts'
import { type PortsUnderTest, rtpPortCases } from './rtp-port.cases.ts'
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

/**
 * Until the worker has all that it is to have: packets that come before are lost. What is built is asked for piece by
 * piece, each as soon as the one before is there, so between two answers to us there is more as long as it is not done.
 */
async function hasAll(host: MediasoupHost): Promise<void> {
  const { worker } = await host.current()
  let count = -1
  for (let same = 0; same < 5; ) {
    const { channelRequestHandlers } = (await worker.dump()).channelMessageHandlers
    same = channelRequestHandlers.length === count ? same + 1 : 0
    count = channelRequestHandlers.length
  }
}

const throughMediasoup = (first: number) => async (): Promise<PortsUnderTest> => {
  const start = () => startHostedWorker(undefined)
  const host = new MediasoupHost(await start(), start, () => {})
  const ports = new MediasoupRtpPorts(sockets(first), host)
  return {
    open: () => ports.open(),
    settled: () => hasAll(host),
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
