import { type Clock, stoppable, systemClock } from './clock.ts'
import { contained } from './contained.ts'
import type { Context, LogEvent } from './context.ts'
import { type Counters, newCounters } from './counters.ts'
import { DialogStore } from './dialog/dialog.ts'
import { takeRequest } from './dialog/incoming.ts'
import { RegisteredFlows } from './dialog/registered-flows.ts'
import { takeAck } from './dialog/uas.ts'
import { PassingCalls } from './proxy/passing.ts'
import { type Random, systemRandom } from './random.ts'
import { defaultTiming, type Timing } from './timing.ts'
import { TransactionLayer } from './transaction/layer.ts'
import type { Dns } from './transport/dns.ts'
import { Guard, type GuardCommand, type GuardOptions } from './transport/guard.ts'
import type { Peer } from './transport/peer.ts'
import type { Tap } from './transport/tap.ts'
import { type TlsOptions, Transports, type WsOptions } from './transport/transports.ts'
import { AppRegistry } from './wire/apps.ts'
import type { ControlContext } from './wire/commands.ts'
import { ControlListener, type ControlPlace } from './wire/listener.ts'
import type { ControlTls } from './wire/secure.ts'

export interface SipServerOptions {
  /** address to bind for SIP; `0.0.0.0` or `::` for all */
  readonly host: string
  /** SIP port, the same number for UDP and TCP; 0 for any free one */
  readonly port: number
  readonly transports: readonly ('udp' | 'tcp')[]
  /** the TLS listener; without it there is no TLS in either direction */
  readonly tls?: TlsOptions
  readonly ws?: WsOptions
  /** origins of pages that may open WebSockets besides those of the host that is asked; `*`: all */
  readonly wsOrigins?: readonly string[]
  /** address and port (0 for any) of the control connection; keep it on loopback */
  readonly controlHost: string
  readonly controlPort: number
  /** another control port on the same address, over TLS */
  readonly controlTls?: ControlTls
  readonly secret: string
  /**
   * An application that waits for calls: each new request gets a connection to it of its own, whatever
   * applications have come by themselves (drachtio-srf's `listen`)
   */
  readonly application?: ControlPlace
  /** address that peers outside reach us at, if it is not the bound one */
  readonly publicAddress?: string
  /** `outside` (default): loopback and private peers are told the local address instead */
  readonly publicFor?: 'all' | 'outside'
  /**
   * Show applications the 100 to their INVITEs too; default: not, as the control protocol has it. Who
   * sees it can tell a peer that is slow from one that is not there.
   */
  readonly showsTrying?: boolean
  /** `address` or `address:port` of the name servers to ask (RFC 3263); default: the system's */
  readonly nameServers?: readonly string[]
  readonly timers?: Partial<Timing>
  readonly clock?: Clock
  readonly random?: Random
  /** look-ups of another kind */
  readonly dns?: Dns
  readonly log?: (event: LogEvent) => void
  /** What comes is looked at before it is read; without it everything is read. */
  readonly guard?: GuardOptions
  readonly tap?: Tap
  /**
   * Hears that a connection on which a contact was registered is closed, after the application has registered
   * that; not of those that our own end closes. The control protocol has no word for it.
   */
  readonly connectionClosed?: (place: ConnectionPlace) => void
}

/** The far end of a connection. */
export type ConnectionPlace = Pick<Peer, 'protocol' | 'address' | 'port'>

export interface SipServerStats extends Counters {
  readonly transactions: { readonly client: number; readonly server: number }
  readonly dialogs: number
  /** requests that an application has not answered, or whose answer it waits for */
  readonly inbound: number
  readonly outbound: number
  readonly applications: number
  /** of TCP, TLS and WebSockets */
  readonly tcpConnections: number
}

export interface SipServer {
  readonly sipPort: number
  /** 0 without TLS, and so on */
  readonly tlsPort: number
  readonly wsPort: number
  readonly wssPort: number
  /** on loopback, for an HTTP server that hands on WebSockets that came to it without TLS, and with */
  readonly relayPorts: { readonly ws: number; readonly wss: number }
  readonly controlPort: number
  /** 0 without one over TLS */
  readonly controlTlsPort: number
  stats(): SipServerStats
  /** What whoever decides on bans has decided; nothing without `guard` in the options. */
  guard(command: GuardCommand): void
  /** Reads the certificate files at once, not only when they are seen to have changed. */
  readCertificate(): void
  /** Ends the calls of all applications, then closes every socket. Idempotent. */
  close(): Promise<void>
}

type Foundation = Pick<Context, 'clock' | 'random' | 'timing' | 'counters' | 'log' | 'contain'>

export const foundation = (
  options: SipServerOptions,
): { readonly base: Foundation; readonly stop: () => void } => {
  const counters = newCounters()
  const log = options.log ?? (() => undefined)
  const contain = contained(counters, log)
  const { clock, stop } = stoppable(options.clock ?? systemClock, contain)
  const timing = Object.freeze({ ...defaultTiming, ...options.timers })
  const random = options.random ?? systemRandom
  return { base: { clock, random, timing, counters, log, contain }, stop }
}

/** Hands on what the guard lets through, and tells it what that was. */
const receive = (context: Context, text: string, peer: Peer): void => {
  const { guard, counters, transactions } = context
  if (peer.stream !== undefined && guard?.admits(peer) === false) return
  if (guard?.isScanner(text, peer) === true) return
  const before = malformed(counters)
  context.contain(() => transactions.received(text, peer))
  if (malformed(counters) > before) guard?.malformed(peer)
}

const malformed = ({ dropped }: Counters): number =>
  dropped.garbage + dropped.noVia + dropped.badRequest + dropped.badResponse

/** The SIP side: transports below, transactions on them, dialogs on top. */
export const build = (options: SipServerOptions, base: Foundation, apps: AppRegistry): Context => {
  const tellClosed = ({ protocol, address, port }: Peer): void =>
    options.connectionClosed?.({ protocol, address, port })
  const transports: Transports = new Transports({
    host: options.host,
    port: options.port,
    plain: options.transports,
    tls: options.tls,
    ws: options.ws,
    wsOrigins: options.wsOrigins ?? [],
    advertised: {
      publicAddress: options.publicAddress,
      publicFor: options.publicFor ?? 'outside',
    },
    clock: base.clock,
    random: base.random,
    timing: base.timing,
    counters: base.counters,
    log: base.log,
    nameServers: options.nameServers ?? [],
    dns: options.dns,
    contain: base.contain,
    tap: options.tap,
    handler: {
      admits: (peer) => context.guard?.admits(peer) !== false,
      received: (text, peer) => receive(context, text, peer),
      closed: (stream) => base.contain(() => context.registered.closed(stream)),
    },
  })
  const transactions = new TransactionLayer(
    {
      ...base,
      send: (target, text, failed) => {
        transports.send(target, text, (why) => base.contain(() => failed(why)))
      },
    },
    {
      request: (transaction, request, peer) => takeRequest(context, transaction, request, peer),
      ack: (message, peer) => takeAck(context, message, peer),
    },
  )
  const context: Context = {
    ...base,
    transports,
    transactions,
    apps,
    offered: new Set(),
    inbound: new Map(),
    outbound: new Map(),
    subscribing: new Map(),
    dialogs: new DialogStore(),
    registered: new RegisteredFlows(base.clock, tellClosed),
    passing: new PassingCalls(base.clock),
    guard: options.guard && new Guard(base, options.guard),
    showsTrying: options.showsTrying ?? false,
  }
  return context
}

/** an address of nobody (RFC 5737) */
const someoneOutside = '192.0.2.1'

const hostports =
  ({ transports }: Context): ControlContext['hostports'] =>
  (view) =>
    transports.listening
      .toSorted((a, b) => a.localeCompare(b))
      .map((protocol) => {
        const local = `${transports.socketAddress(someoneOutside)}:${transports.portOf(protocol)}`
        const told = transports.contactAddress(someoneOutside, protocol)
        return `${protocol}/${view === 'public' ? told : local}`
      })
      .join(',')

const mainPort = (transports: Transports): number =>
  transports.portOf('udp') || transports.portOf('tcp')

const statsOf = (context: Context, listener: ControlListener): SipServerStats => ({
  ...context.counters,
  dropped: { ...context.counters.dropped },
  transactions: context.transactions.count,
  dialogs: context.dialogs.size,
  inbound: context.inbound.size,
  outbound: context.outbound.size,
  applications: listener.connections,
  tcpConnections: context.transports.connections,
})

/**
 * Starts a SIP server that speaks the drachtio control protocol. Rejects with the system's error
 * (`code` EADDRINUSE, EACCES, EADDRNOTAVAIL, ...) if a port cannot be had; nothing stays open.
 */
export const startSipServer = async (options: SipServerOptions): Promise<SipServer> => {
  const { base, stop } = foundation(options)
  const apps = new AppRegistry()
  let closing: Promise<void> | undefined
  const connectionClosed = (place: ConnectionPlace): void => {
    if (closing === undefined) options.connectionClosed?.(place)
  }
  const context = build({ ...options, connectionClosed }, base, apps)
  const { transports, transactions } = context
  const listener = new ControlListener({
    sip: context,
    apps,
    secret: options.secret,
    hostports: hostports(context),
  })
  const { application } = options
  if (application !== undefined) apps.dial = (done) => listener.dial(application, done)
  await transports.start()
  let controlPort: number
  let controlTlsPort = 0
  try {
    const { controlHost, controlTls } = options
    controlPort = await listener.listen(controlHost, options.controlPort)
    if (controlTls !== undefined) controlTlsPort = await listener.listenTls(controlHost, controlTls)
  } catch (error) {
    await Promise.all([listener.close(), transports.close()])
    throw error
  }
  const close = async (): Promise<void> => {
    await listener.close()
    transactions.stop()
    stop()
    await transports.close()
  }
  return {
    sipPort: mainPort(transports),
    tlsPort: transports.portOf('tls'),
    wsPort: transports.portOf('ws'),
    wssPort: transports.portOf('wss'),
    relayPorts: transports.relayPorts,
    controlPort,
    controlTlsPort,
    stats: () => statsOf(context, listener),
    guard: (command) => context.guard?.tell(command),
    readCertificate: () => transports.readCertificate(),
    close: () => (closing ??= close()),
  }
}
