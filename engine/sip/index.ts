import { randomBytes } from 'node:crypto'
import type { Clock, Ids } from '../core/clock.ts'
import type { Mailboxes } from '../core/ports/mailbox.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Sip, SipEvents, TrunkRecord } from '../core/ports/sip.ts'
import type { Store } from '../core/ports/store.ts'
import type { DialogClaims, SipMessage } from '../core/ports/trace.ts'
import { Application } from './application.ts'
import type { BanList } from './auth/bans.ts'
import type { DigestAlgorithm } from './auth/digest.ts'
import type { Limits } from './call/call-limits.ts'
import type { SipCounts } from './context.ts'
import { FrameTrace } from './link/frame-trace.ts'
import { type ControlEndpoint, openLink } from './link/srf.ts'
import { trunkResolver } from './trunk/names.ts'
import type { Resolve } from './trunk/sources.ts'

/** Where the SIP side tells which dialogs a call has. */
export interface SipTracing extends DialogClaims {
  /** Gets what the frames of the control port show, where nothing shows the wire itself. */
  record?(message: SipMessage): void
}

export interface SipOptions {
  /** The embedded SIP server or a real drachtio-server. */
  readonly control: ControlEndpoint
  /** Digest realm; the devices' HA1 values were made with it. */
  readonly realm: string
  /** Host (and port, if not 5060) by which phones and trunks know us. */
  readonly publicAddress: string
  readonly devices: Pick<Store['devices'], 'byUsername'>
  readonly registrations: Store['registrations']
  /** For the lamps of those who subscribe to their mailbox; default: they are all empty. */
  readonly mailboxes?: Mailboxes
  readonly trunks: () => Promise<readonly TrunkRecord[]>
  /**
   * Digest algorithms to challenge devices with, the preferred one first; default MD5 alone. Offering
   * SHA-256 beside it (RFC 8760) locks out phones that give up at an algorithm they do not know, such
   * as baresip 1.0.
   */
  readonly digestOffer?: readonly DigestAlgorithm[]
  /**
   * The control port shows 100 Trying, as the embedded server does when asked. Without that a silent
   * trunk cannot be told from a slow one before the transaction is over (32 s).
   */
  readonly seesTrying?: boolean
  readonly limits?: Limits
  readonly bans?: BanList
  /** Which dialogs are whose, for a trace of what goes over the wire. */
  readonly trace?: SipTracing
  /** How often contacts behind a NAT are asked by OPTIONS whether they are there, others more seldom; absent: never. */
  readonly pingEveryMs?: number
  /** The SIP server's connections with phones end when we do: those of stored registrations are closed. */
  readonly connectionsEnd?: boolean
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** 0 to less than 1; default: Math.random. */
  readonly random?: () => number
  /** How host names of trunks are resolved; default: the system's way. */
  readonly resolve?: Resolve
  /** How long the first connection to the control port may take; default 10 s. */
  readonly connectWithinMs?: number
  /** How long `close` waits for the last BYEs to be answered; default 1 s. */
  readonly closeWithinMs?: number
}

export interface RunningSip extends Sip {
  /** Refuses new calls from now on (503 with Retry-After); those that are there go on. */
  drain(): void
  /**
   * A connection on which contacts registered is closed, `protocol/address:port` of its far end: said by an embedded
   * SIP server; whoever has another one finds out by pings. Calls stay as they are.
   */
  connectionClosed(source: string): void
  /** Hangs up what is left, waits for that briefly, and disconnects. Idempotent. */
  close(): Promise<void>
  counts(): Readonly<SipCounts> & { readonly legs: number; readonly dialogs: number }
}

/*
 * The SIP application: commands in, events out, and behind it whatever speaks the drachtio control protocol.
 *
 *   invite, cancel, bye,         +-- call/      outbound -- branch (an INVITE, its credentials, its CANCEL)
 *   accept, reject, progress --> |                      \
 *          application.ts        |                       +-- dialog (ACK, BYE, INFO) -- renegotiation, reoffer
 *   incoming, answered,          |                      /
 *   rejected, digits, ...   <--  |            invite -- inbound
 *            |                   +-- transfer/  refer-in, refer-out, replaces
 *            |                   +-- auth/      authenticator (nonce, lockout), bans
 *            |                   +-- register/  registrar -- contacts, bindings --> store; pings (OPTIONS)
 *            |                   +-- trunk/     keeper -- registration, ping -- ask (a request); sources (whose INVITE is it)
 *            |                   +-- messages/  messages (MESSAGE), lamps -- subscription (SUBSCRIBE, NOTIFY)
 *            |                   +-- outside.ts (OPTIONS and the rest)
 *        link/       srf and screen are the only files that know the library and its frames
 *
 * call/session-timer says what INVITEs and their answers have of RFC 4028; the SIP server keeps the time.
 *
 * What a failure turns into: no contact 480; the server refuses, is stuck or is away 503; silence 408 (the
 * server's timer, or `tryingWithinMs` of the request); a 200 without SDP 488. A 200 that nobody wants any more is acknowledged and hung up.
 */

/**
 * Connects to the control port. Rejects with one clear line when that cannot be reached in time or does
 * not take the secret; after that, losses are the link's business: it comes back by itself.
 */
export async function startSip(options: SipOptions, events: SipEvents): Promise<RunningSip> {
  const { control, log, clock, trace } = options
  const frames = trace?.record && new FrameTrace(() => clock.nowMs())
  const application = new Application(
    { ...options, resolve: options.resolve ?? trunkResolver(), key: randomBytes(32) },
    events,
  )
  await application.load()
  const where = `${control.host}:${control.port}`
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => {
      disarm()
      reject(new Error(`SIP control connection to ${where}: ${why}`))
    }
    const withinMs = options.connectWithinMs ?? 10_000
    const disarm = clock.after(withinMs, () => fail(`no answer within ${withinMs / 1000} s`))
    application.attach((linkEvents) =>
      openLink(control, log, {
        ...linkEvents,
        up: (endpoints) => {
          disarm()
          frames?.listening(endpoints)
          linkEvents.up(endpoints)
          resolve()
        },
        refused: fail,
        ...(frames && {
          frame: (text) => {
            const message = frames.read(text)
            if (message) trace?.record?.(message)
          },
        }),
      }),
    )
  }).catch(async (error: unknown) => {
    await application.close()
    throw error
  })
  return application
}

export type { SipCounts } from './context.ts'
