import { availableParallelism } from 'node:os'
import { mediaEvents } from '../app/sip-events.ts'
import { mediaFigures } from '../media/figures.ts'
import { startMedia } from '../media/index.ts'
import { LocalAddress } from '../sip-server/index.ts'
import type { Build } from './build.ts'
import { clock } from './clock.ts'

export async function openMedia(build: Build): Promise<void> {
  const { config, closers, log, ports, calls, late, metrics } = build
  const lost = (reason: string) => {
    const cause = { is: 'failed', reason: 'media_error' } as const
    void calls.endAll({ is: 'fail', cause })
    late.breakDown(`the media threads have ended: ${reason}`)
  }
  const { publicAddress } = config
  const local = new LocalAddress({ bound: config.sip.host, publicAddress, publicFor: 'outside' })
  const media = await startMedia(
    {
      rtpPorts: config.rtp.ports,
      bindAddress: config.sip.host,
      publicAddress,
      addressFor: (peer) => local.forPeer(peer, clock.nowMs()),
      plainRtp: config.rtp.plain,
      // The main thread needs a core too.
      threads: config.rtp.threads ?? Math.max(1, availableParallelism() - 1),
      inbandDtmf: config.rtp.inbandDtmf,
      silence: config.rtp.silence,
      webRtc: config.webRtc,
      log,
    },
    mediaEvents(ports, calls, lost),
  )
  closers.add(() => media.shutDown())
  late.media = media
  for (const [name, help, pick] of mediaFigures) {
    metrics.gauge(`ringdown_media_${name}`, help, async () => pick(await media.stats()))
  }
}
