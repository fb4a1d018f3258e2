import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { types } from 'mediasoup'
import type { IceCandidate } from '../agreement.ts'
import { closeMediasoupWorker, createMediasoupWorker } from '../mediasoup.ts'
import type { HostedWorker } from './mediasoup-host.ts'

export interface WebRtcServerOptions {
  readonly bindAddress: string
  /** For UDP and TCP; 0: any two that are free. */
  readonly port: number
}

/**
 * Starts a worker, and where `options` are given lets browsers reach it.
 * @throws Error with one line, fit for people, when the port is taken.
 * @throws MediasoupMissing
 */
export async function startHostedWorker(
  options: WebRtcServerOptions | undefined,
): Promise<HostedWorker> {
  const worker = await createMediasoupWorker()
  if (!options) return { worker, webRtcServer: undefined }
  try {
    return { worker, webRtcServer: await openServer(worker, options) }
  } catch (cause) {
    await closeMediasoupWorker(worker)
    const why = cause instanceof Error ? cause.message : String(cause)
    const line = `The port ${options.port} for browsers' audio can't be opened (${why}): see RINGDOWN_WEBRTC_PORT`
    throw new Error(line, { cause })
  }
}

function openServer(
  worker: types.Worker,
  { bindAddress: ip, port }: WebRtcServerOptions,
): Promise<types.WebRtcServer> {
  const place = port === 0 ? { ip } : { ip, port }
  return worker.createWebRtcServer({
    listenInfos: [
      { protocol: 'udp', ...place },
      { protocol: 'tcp', ...place },
    ],
  })
}

/** Addresses beyond these would only be tried in vain. */
const MOST_ADDRESSES = 6

/**
 * The addresses at which browsers may reach a server bound to `bindAddress`: those that the operator names,
 * else the one that SIP peers are told and, where it listens on all, those of the network cards as they are now;
 * the loopback address only where there is nothing else.
 */
export function addressesForBrowsers(
  named: readonly string[],
  bindAddress: string,
  publicAddress: string,
): readonly string[] {
  if (named.length > 0) return named
  if (bindAddress !== '0.0.0.0' && bindAddress !== '::') {
    return [...new Set([publicAddress, bindAddress])]
  }
  const cards = Object.values(networkInterfaces()).flatMap((card) => card ?? [])
  const usable = cards
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .filter(({ family }) => family === 'IPv4' || bindAddress === '::')
    .map(({ address }) => address)
  const all = [...new Set([publicAddress, ...usable])]
  return all.slice(0, MOST_ADDRESSES)
}

/** Local preferences (RFC 8445 section 5.1.2.1) from here down; UDP above TCP. */
const BEST_PREFERENCE = { udp: 60_000, tcp: 20_000 } as const
const HOST_TYPE_PREFERENCE = 126

/**
 * One candidate per address and protocol, the first address preferred. `bound` are those of mediasoup, which
 * know the ports.
 */
export function candidatesAt(
  addresses: readonly string[],
  bound: readonly types.IceCandidate[],
): IceCandidate[] {
  return bound.flatMap(({ protocol, port }) =>
    addresses.map((address, at) => ({
      foundation: `${protocol}${isIPv6(address) ? 6 : 4}${at}`,
      priority:
        HOST_TYPE_PREFERENCE * 2 ** 24 + (BEST_PREFERENCE[protocol] - at) * 2 ** 8 + (256 - 1),
      address,
      port,
      protocol,
    })),
  )
}
