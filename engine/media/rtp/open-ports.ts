import { Failure } from '../../core/failures.ts'
import { MediasoupMissing } from '../mediasoup.ts'
import type { ThreadSettings } from '../messages.ts'
import { MediasoupHost } from './mediasoup-host.ts'
import { MediasoupRtpPorts } from './mediasoup-rtp-port.ts'
import { PlainRtpPorts } from './plain-rtp-port.ts'
import type { AddressedRtpPorts, RtpPorts } from './rtp-port.ts'
import { WebRtcPorts } from './webrtc-port.ts'
import { addressesForBrowsers, startHostedWorker } from './webrtc-server.ts'

export interface PortsEnvironment {
  readonly nowMs: () => number
  /** From 0 to below 1. */
  readonly random: () => number
  /** Something is wrong that calls go on without; in words for a log. */
  readonly trouble: (message: string) => void
}

/**
 * Every kind of port that the settings ask for. A mediasoup worker runs only where one is needed; where it is only
 * for browsers and its program is not there, they are refused, and everything else goes on.
 * @throws Error with one line, fit for people, when the port for browsers is taken.
 */
export async function openPorts(
  settings: ThreadSettings,
  env: PortsEnvironment,
): Promise<RtpPorts> {
  const host = await openHost(settings, env)
  const addressed = addressedPorts(settings, env, host)
  const webRtc = host && webRtcPorts(settings, env, host)
  return {
    open: (port) => addressed.open(port),
    openWebRtc: async () => {
      if (webRtc) return webRtc.openWebRtc()
      throw new Failure('no_media_port', 'Calls of browsers are not possible here: no mediasoup')
    },
    close: async () => {
      await Promise.all([addressed.close(), webRtc?.close()])
      await host?.close()
    },
  }
}

async function openHost(
  { webRtc, plainRtp, bindAddress }: ThreadSettings,
  { trouble }: PortsEnvironment,
): Promise<MediasoupHost | undefined> {
  if (!webRtc && plainRtp === 'sockets') return undefined
  const start = () => startHostedWorker(webRtc && { bindAddress, port: webRtc.port })
  try {
    return new MediasoupHost(await start(), start, trouble)
  } catch (error) {
    if (!(error instanceof MediasoupMissing) || plainRtp === 'mediasoup') throw error
    trouble(`calls of browsers are not possible: ${error.message}`)
    return undefined
  }
}

function addressedPorts(
  { bindAddress, firstPort, lastPort, portRestMs, plainRtp }: ThreadSettings,
  { nowMs, random }: PortsEnvironment,
  host: MediasoupHost | undefined,
): AddressedRtpPorts {
  const sockets = new PlainRtpPorts({
    bindAddress,
    first: firstPort,
    last: lastPort,
    restMs: portRestMs,
    nowMs,
    random,
  })
  return host && plainRtp === 'mediasoup' ? new MediasoupRtpPorts(sockets, host) : sockets
}

function webRtcPorts(
  { webRtc, bindAddress }: ThreadSettings,
  { nowMs, trouble }: PortsEnvironment,
  host: MediasoupHost,
): WebRtcPorts | undefined {
  if (!webRtc) return undefined
  const { addresses, publicAddress } = webRtc
  return new WebRtcPorts({
    host,
    nowMs,
    trouble,
    addresses: () => addressesForBrowsers(addresses, bindAddress, publicAddress),
  })
}
