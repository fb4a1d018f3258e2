import { randomBytes } from 'node:crypto'
import { settingTrunk } from '../app/first-start.ts'
import { addressIn } from '../app/peer-address.ts'
import { sipEvents } from '../app/sip-events.ts'
import type { Config } from '../config/index.ts'
import type { GuardCommand } from '../core/ports/bans.ts'
import type { DialogClaims } from '../core/ports/trace.ts'
import { unlimited } from '../core/trunk-choice.ts'
import { BanList } from '../sip/auth/bans.ts'
import { sipFigures } from '../sip/figures.ts'
import { type SipOptions, startSip } from '../sip/index.ts'
import { trunkResolver } from '../sip/trunk/names.ts'
import { serverFigures } from '../sip-server/figures.ts'
import { type Build, ids, realm } from './build.ts'
import { clock } from './clock.ts'
import { startEmbedded } from './sip-server.ts'

/** Where the HTTP server hands the WebSockets of browsers on. */
export interface SipRelay {
  /** For clients that came by HTTP, and by HTTPS. */
  readonly ports: { readonly ws: number; readonly wss: number }
  readonly token: string
  /** Of pages that may use it, besides our own. */
  readonly origins: readonly string[]
}

interface OpenSip {
  /** host, and port if it is not 5060 */
  readonly domain: string
  /** undefined with a SIP server that is not ours */
  readonly relay: SipRelay | undefined
  drain(): void
  /** Reads certificate files at once. */
  reload(): void
}

export async function openSip(build: Build): Promise<OpenSip> {
  const { config, closers, log, ports, calls, late, metrics } = build
  const { store } = ports
  await settingTrunk(store, 'setting', trunkOf(config))
  const guard = { tell: (_command: GuardCommand): void => {} }
  const bans = new BanList({
    ...{ clock, log, never: config.neverBan },
    tell: (command) => guard.tell(command),
  })
  late.bans = bans
  const control = await openSipServer(build)
  if (control.guard) guard.tell = control.guard
  const domain = hostPort(config.publicAddress, control.sipPort)
  const sip = await startSip(
    {
      control,
      realm,
      publicAddress: domain,
      devices: build.logins.forSip,
      registrations: store.registrations,
      mailboxes: store.mailboxes,
      trunks: () => store.trunks.list(),
      resolve: trunkResolver(config.nameServers),
      clock,
      ids,
      log,
      seesTrying: config.drachtio.kind !== 'external',
      bans,
      limits: config.callLimits,
      connectionsEnd: config.drachtio.kind !== 'external',
      ...(config.devicePingMs > 0 ? { pingEveryMs: config.devicePingMs } : {}),
      ...tracingOf(build),
    },
    sipEvents(ports, calls),
  ).catch((cause: unknown) => {
    if (config.drachtio.kind !== 'external' || !(cause instanceof Error)) throw cause
    throw new Error(`RINGDOWN_DRACHTIO: ${cause.message}`, { cause })
  })
  closers.add(() => sip.close())
  late.sip = sip
  late.connectionClosed = (source) => sip.connectionClosed(source)
  metrics.gauge('ringdown_sip_bans', 'Addresses that are banned now', () => bans.list().length)
  metrics.gauge('ringdown_sip_bans_made', 'Bans since the start', () => bans.total)
  // phones that registered before a restart are no strangers
  for (const { source } of await store.registrations.all()) bans.proved(addressIn(source))
  for (const [name, help, pick] of sipFigures) {
    metrics.gauge(`ringdown_sip_${name}`, help, () => pick(sip.counts()))
  }
  return {
    domain,
    relay: control.relay,
    drain: () => sip.drain(),
    reload: () => control.reload?.(),
  }
}

/** A SIP server that is not ours shows nothing but its frames. */
function tracingOf({ config, trace }: Build): Pick<SipOptions, 'trace'> {
  const { claims, tap } = trace
  const frames = config.drachtio.kind === 'external' && tap ? { record: tap.record } : {}
  const claim: DialogClaims['claim'] = (callId, sipCallId) => claims?.claim(callId, sipCallId)
  return tap ? { trace: { claim, ...frames } } : {}
}

interface Control {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly sipPort: number
  readonly relay?: SipRelay
  guard?(command: GuardCommand): void
  reload?(): void
}

const newSecret = (): string => randomBytes(24).toString('base64url')

/** The control port of a real drachtio-server, or of our own server in a thread. */
async function openSipServer(build: Build): Promise<Control> {
  const { config, closers, late, metrics } = build
  if (config.drachtio.kind === 'external') {
    const { host, port } = config.drachtio
    return { host, port, secret: config.secrets.drachtio ?? '', sipPort: config.sip.port }
  }
  const [secret, relay] = [newSecret(), newSecret()]
  const server = await startEmbedded(build, { control: secret, relay })
  closers.add(() => server.close())
  void server.ended.then((error) => {
    if (error) late.breakDown(`the SIP server has ended: ${error.message}`)
  })
  for (const [name, help, pick] of serverFigures) {
    metrics.gauge(`ringdown_sip_${name}`, help, async () => pick(await server.stats()))
  }
  return {
    ...{ host: '127.0.0.1', port: server.controlPort, secret, sipPort: server.sipPort },
    guard: (command) => server.guard(command),
    reload: () => server.readCertificate(),
    relay: { ports: server.relayPorts, token: relay, origins: config.sip.wsOrigins },
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
