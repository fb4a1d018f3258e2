import { randomBytes } from 'node:crypto'
import { settingTrunk } from '../app/first-start.ts'
import { sipEvents } from '../app/sip-events.ts'
import type { Config } from '../config/index.ts'
import { sipFigures } from '../sip/figures.ts'
import { startSip } from '../sip/index.ts'
import { eventLevel, serverFigures } from '../sip-server/figures.ts'
import { startInWorker } from '../sip-server/index.ts'
import { type Build, ids, realm } from './build.ts'
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
async function openSipServer({ config, closers, log, late, metrics }: Build) {
  if (config.drachtio.kind === 'external') {
    const { host, port } = config.drachtio
    return { host, port, secret: config.secrets.drachtio ?? '', sipPort: config.sip.port }
  }
  const secret = randomBytes(24).toString('base64url')
  const server = await startInWorker({
    host: config.sip.host,
    port: config.sip.port,
    transports: ['udp', 'tcp'],
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
    publicAddress: config.publicAddress,
    log: (event) => log[eventLevel[event.event] ?? 'debug']('SIP server', { ...event }),
  }).catch((error: unknown) => {
    throw new Error(sipPortFault(error, config.sip), { cause: error })
  })
  closers.add(() => server.close())
  void server.ended.then((error) => {
    if (error) late.breakDown(`the SIP server has ended: ${error.message}`)
  })
  for (const [name, help, pick] of serverFigures) {
    metrics.gauge(`ringdown_sip_${name}`, help, async () => pick(await server.stats()))
  }
  return { host: '127.0.0.1', port: server.controlPort, secret, sipPort: server.sipPort }
}

function sipPortFault(error: unknown, { host, port }: Config['sip']): string {
  switch ((error as { code?: string }).code) {
    case 'EADDRINUSE':
      return `SIP port ${port} (UDP and TCP) on ${host} is in use`
    case 'EACCES':
      return `SIP port ${port} may not be opened by this user`
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
    enabled: true,
  }
}

const hostPort = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}${port === 5060 ? '' : `:${port}`}`
