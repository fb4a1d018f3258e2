import { randomBytes } from 'node:crypto'
import { settingTrunk } from '../app/first-start.ts'
import { sipEvents } from '../app/sip-events.ts'
import type { Config } from '../config/index.ts'
import { unlimited } from '../core/trunk-choice.ts'
import { sipFigures } from '../sip/figures.ts'
import { startSip } from '../sip/index.ts'
import { eventLevel, serverFigures } from '../sip-server/figures.ts'
import { startInWorker, type WorkerSipServer } from '../sip-server/index.ts'
import { type Build, ids, realm } from './build.ts'
import { type CertificateFiles, certificateOf } from './certificate.ts'
import { clock } from './clock.ts'

export async function openSip(build: Build): Promise<{ domain: string; drain(): void }> {
  const { config, closers, log, ports, calls, late, metrics } = build
  const { store } = ports
  await settingTrunk(store, 'setting', trunkOf(config))
  const control = await openSipServer(build)
  const domain = hostPort(config.publicAddress, control.sipPort)
  const sip = await startSip(
    {
      control,
      realm,
      publicAddress: domain,
      devices: store.devices,
      registrations: store.registrations,
      trunks: () => store.trunks.list(),
      clock,
      ids,
      log,
      seesTrying: config.drachtio.kind !== 'external',
    },
    sipEvents(ports, calls),
  )
  closers.add(() => sip.close())
  late.sip = sip
  for (const [name, help, pick] of sipFigures) {
    metrics.gauge(`ringdown_sip_${name}`, help, () => pick(sip.counts()))
  }
  return { domain, drain: () => sip.drain() }
}

/** The control port of a real drachtio-server, or of our own server in a thread. */
async function openSipServer(build: Build) {
  const { config, closers, late, metrics } = build
  if (config.drachtio.kind === 'external') {
    const { host, port } = config.drachtio
    return { host, port, secret: config.secrets.drachtio ?? '', sipPort: config.sip.port }
  }
  const secret = randomBytes(24).toString('base64url')
  const server = await startEmbedded(build, secret)
  closers.add(() => server.close())
  void server.ended.then((error) => {
    if (error) late.breakDown(`the SIP server has ended: ${error.message}`)
  })
  for (const [name, help, pick] of serverFigures) {
    metrics.gauge(`ringdown_sip_${name}`, help, async () => pick(await server.stats()))
  }
  return { host: '127.0.0.1', port: server.controlPort, secret, sipPort: server.sipPort }
}

/** With TLS if there is a certificate; a port that only a certificate of our own wants may be taken. */
async function startEmbedded(build: Build, secret: string): Promise<WorkerSipServer> {
  const { config, log } = build
  const files = certificateOf(config, log)
  try {
    return await startWith(build, secret, files)
  } catch (error) {
    const fault = sipPortFault(error, config.sip)
    const isOptional = files !== undefined && config.tls.files === undefined
    const { port } = error as { port?: number }
    if (!isOptional || port !== config.sip.tlsPort) throw new Error(fault, { cause: error })
    log.warn('there is no TLS', { why: fault })
    return await startWith(build, secret, undefined)
  }
}

function startWith(
  { config, log }: Build,
  secret: string,
  files: CertificateFiles | undefined,
): Promise<WorkerSipServer> {
  const { host, port, tlsPort } = config.sip
  const { trust } = config.tls
  return startInWorker({
    ...{ host, port },
    transports: ['udp', 'tcp'],
    ...(files === undefined ? {} : { tls: { ...files, port: tlsPort, trust } }),
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
    publicAddress: config.publicAddress,
    showsTrying: true,
    log: (event) => log[eventLevel[event.event] ?? 'debug']('SIP server', { ...event }),
  })
}

function sipPortFault(error: unknown, { host, port, tlsPort }: Config['sip']): string {
  const { code, port: refused } = error as { code?: string; port?: number }
  const isTls = refused === tlsPort && refused !== port
  const what = isTls ? `SIP port ${tlsPort} (TLS)` : `SIP port ${port} (UDP and TCP)`
  switch (code) {
    case 'EADDRINUSE':
      return `${what} on ${host} is in use`
    case 'EACCES':
      return `${what} may not be opened by this user`
    case 'EADDRNOTAVAIL':
      return `SIP address ${host} is not one of this machine`
    default:
      return `SIP server: ${error instanceof Error ? error.message : String(error)}`
  }
}

function trunkOf({ trunk, secrets }: Config): Parameters<typeof settingTrunk>[2] {
  if (!trunk) return undefined
  const { host, port, transport, user } = trunk
  return {
    name: 'RINGDOWN_TRUNK',
    ...{ host, port, transport },
    username: user ?? null,
    password: secrets.trunkPassword ?? null,
    defaultCallerId: null,
    prefixes: [],
    priority: 50,
    ...unlimited,
    enabled: true,
  }
}

const hostPort = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}${port === 5060 ? '' : `:${port}`}`
