import type { Config } from '../config/index.ts'
import { sourceOf } from '../sip/source.ts'
import { eventLevel } from '../sip-server/figures.ts'
import { startInWorker, type WorkerSipServer } from '../sip-server/index.ts'
import { foreignAddress } from './addresses.ts'
import type { Build } from './build.ts'
import { type CertificateFiles, certificateOf } from './certificate.ts'

/** What the parts of the engine tell each other and nobody else. */
interface Secrets {
  readonly control: string
  readonly relay: string
}

/**
 * The embedded SIP server in a thread, with TLS if there is a certificate. A port that only a
 * certificate of our own wants may be taken. Rejects with one clear line.
 */
export async function startEmbedded(build: Build, secrets: Secrets): Promise<WorkerSipServer> {
  const { config, log } = build
  const files = certificateOf(config, log)
  try {
    return await startWith(build, secrets, files)
  } catch (error) {
    const fault = faultOf(error, config.sip)
    const isOptional = files !== undefined && config.tls.files === undefined
    const { port } = error as { port?: number }
    if (!isOptional || port !== config.sip.tlsPort) throw new Error(fault, { cause: error })
    log.warn('there is no TLS', { why: fault })
    return await startWith(build, secrets, undefined)
  }
}

function startWith(
  { config, log, late, trace }: Build,
  { control, relay }: Secrets,
  files: CertificateFiles | undefined,
): Promise<WorkerSipServer> {
  const { host, port, tlsPort, wsPort, wssPort, wsOrigins } = config.sip
  const { trust } = config.tls
  const wss = wssPort === undefined ? {} : { wssPort }
  return startInWorker({
    ...{ host, port },
    transports: ['udp', 'tcp'],
    ...(files === undefined ? {} : { tls: { ...files, port: tlsPort, trust, ...wss } }),
    ws: { relayToken: relay, ...(wsPort === undefined ? {} : { port: wsPort }) },
    wsOrigins,
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret: control,
    publicAddress: config.publicAddress,
    nameServers: config.nameServers,
    showsTrying: true,
    ...(trace.tap ? { traced: trace.tap } : {}),
    guard: { never: config.neverBan },
    connectionClosed: (place) => late.connectionClosed(sourceOf(place)),
    log: (event) => {
      log[eventLevel[event.event] ?? 'debug']('SIP server', { ...event })
      const { address, why } = event
      const isOffence = event.event === 'sip.offender' && typeof address === 'string'
      if (isOffence) late.bans.offend(address, why === 'scanner' ? why : 'malformed')
    },
  })
}

function faultOf(error: unknown, sip: Config['sip']): string {
  const { code, port } = error as { code?: string; port?: number }
  const others = [
    [sip.tlsPort, 'TLS', 'TLS_'],
    [sip.wsPort, 'WebSocket', 'WS_'],
    [sip.wssPort, 'WebSocket with TLS', 'WSS_'],
  ] as const
  const other = others.find(([its]) => port !== undefined && its === port && port !== sip.port)
  const what = other ? `${other[0]} (${other[1]})` : `${sip.port} (UDP and TCP)`
  const setting = `RINGDOWN_SIP_${other?.[2] ?? ''}PORT`
  switch (code) {
    case 'EADDRINUSE':
      return `SIP port ${what} on ${sip.host} is in use (${setting})`
    case 'EACCES':
      return `SIP port ${what} may not be opened by this user (${setting})`
    case 'EADDRNOTAVAIL':
      return foreignAddress('RINGDOWN_SIP_HOST', sip.host)
    default:
      return `SIP server: ${error instanceof Error ? error.message : String(error)}`
  }
}
