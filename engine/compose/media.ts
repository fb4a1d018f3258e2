import { availableParallelism } from 'node:os'
import { mediaEvents } from '../app/sip-events.ts'
import { mediaFigures } from '../media/figures.ts'
import { startMedia } from '../media/index.ts'
import { LocalAddress } from '../sip-server/index.ts'
import { foreignAddress } from './addresses.ts'
import type { Build } from './build.ts'
import { clock } from './clock.ts'
import { checkOpenFiles } from './open-files.ts'

export async function openMedia(build: Build): Promise<void> {
  const { config, closers, log, ports, calls, late, metrics } = build
  const lost = (reason: string) => {
    const cause = { is: 'failed', reason: 'media_error' } as const
    void calls.endAll({ is: 'fail', cause })
    late.breakDown(`the media threads have ended: ${reason}`)
  }
  checkOpenFiles(config, log)
  const { publicAddress } = config
  const local = new LocalAddress({ bound: config.sip.host, publicAddress, publicFor: 'outside' })
  const started = startMedia(
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
      isEnding: () => late.draining,
    },
    mediaEvents(ports, calls, lost),
  )
  const media = await started.catch((cause: unknown) => {
    if ((cause as { code?: string }).code !== 'EADDRNOTAVAIL') throw cause
    throw new Error(foreignAddress('RINGDOWN_SIP_HOST', config.sip.host), { cause })
  })
  closers.add(() => media.shutDown())
  late.media = media
  for (const [name, help, pick] of mediaFigures) {
    metrics.gauge(`ringdown_media_${name}`, help, async () => pick(await media.stats()))
  }
}
