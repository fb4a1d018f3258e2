import { isIP } from 'node:net'
import type { CallId, DeviceId } from '../core/ids.ts'
import { type Mailboxes, noMessages } from '../core/ports/mailbox.ts'
import type {
  InviteRequest,
  MessageOutcome,
  MessageRequest,
  RegisteredContact,
  SipEvents,
} from '../core/ports/sip.ts'
import { badExtension, badScheme } from './acceptable.ts'
import { Authenticator } from './authenticator.ts'
import { Bindings } from './bindings.ts'
import { type Context, Legs, noCounts, type SipCounts } from './context.ts'
import type { RunningSip, SipOptions } from './index.ts'
import { type InviteDoor, receiveInvite, retryAfterS } from './invite.ts'
import { Lamps } from './lamps.ts'
import type { LinkEvents, RequestIn, SipLink } from './link.ts'
import { type MessageDoor, messageDoor, receiveMessage, sendMessage } from './messages.ts'
import { OutboundLeg } from './outbound.ts'
import { noExtensions, receiveOther } from './outside.ts'
import { Registrar } from './registrar.ts'
import { routesOf } from './routes.ts'
import { type Resolve, TrunkSources } from './trunk-sources.ts'

export interface ApplicationOptions
  extends Omit<SipOptions, 'control' | 'resolve' | 'connectWithinMs'> {
  readonly resolve: Resolve
  /** Signs nonces. */
  readonly key: Uint8Array
}

const allEmpty: Mailboxes = { counts: async () => noMessages }

/** How often `close` looks whether the last BYEs have been answered. */
const pollMs = 20

/** The SIP side as a whole: commands in, requests from the link in, events out. */
export class Application implements RunningSip {
  readonly #ctx: Context
  readonly #door: InviteDoor
  readonly #registrar: Registrar
  readonly #bindings: Bindings
  readonly #lamps: Lamps
  readonly #messages: MessageDoor
  readonly #closeWithinMs: number
  #link: SipLink = { up: () => false, request: failAtOnce, close: () => {} }
  #draining = false
  #closing: Promise<void> | undefined

  constructor(options: ApplicationOptions, events: SipEvents) {
    const { clock, log, ids, realm, devices, key } = options
    const publicAddress = inUri(options.publicAddress)
    const offer = options.digestOffer ?? ['MD5']
    const link: SipLink = {
      up: () => this.#link.up(),
      request: (request, handlers) => this.#link.request(request, handlers),
      close: () => this.#link.close(),
    }
    const ctx: Context = {
      ...{ link, events, clock, log, publicAddress },
      seesTrying: options.seesTrying ?? false,
      legs: new Legs(),
      counts: noCounts(),
      uuid: () => ids.uuid(),
    }
    const authenticator = new Authenticator(ctx, { realm, devices, key, offer })
    const trunks = new TrunkSources(options.trunks, clock, options.resolve)
    this.#ctx = ctx
    this.#closeWithinMs = options.closeWithinMs ?? 1000
    this.#bindings = new Bindings(options.registrations, clock, log)
    this.#registrar = new Registrar({ ctx, authenticator, bindings: this.#bindings })
    this.#messages = messageDoor(ctx, authenticator)
    this.#lamps = new Lamps({
      ...{ ctx, authenticator, mailboxes: options.mailboxes ?? allEmpty },
      contactsOf: (deviceId) => this.registeredContacts(deviceId),
    })
    this.#door = { ctx, authenticator, trunks, devices, draining: () => this.#draining }
  }

  /** Reads the registrations that survived a restart. */
  load(): Promise<void> {
    return this.#bindings.load()
  }

  attach(open: (events: LinkEvents) => SipLink): void {
    this.#link = open({
      request: (request) => this.#receive(request),
      up: (endpoints) => this.#onUp(endpoints),
      down: () => this.#onDown(),
    })
  }

  invite(callId: CallId, request: InviteRequest): void {
    if (this.#ctx.legs.get(callId)) {
      this.#ctx.counts.commandsIgnored++
      return
    }
    const routes = routesOf(request.target, (deviceId) => this.registeredContacts(deviceId))
    if (routes.length > 0) new OutboundLeg(this.#ctx, callId, request, routes).start()
    else queueMicrotask(() => this.#ctx.events.rejected(callId, 480, 'Not Registered'))
  }

  cancel(callId: CallId): void {
    this.#leg(callId)?.cancel()
  }
  bye(callId: CallId): void {
    this.#leg(callId)?.bye()
  }
  progress(callId: CallId, sipStatus: 180 | 183, sdp?: string): void {
    this.#leg(callId)?.progress(sipStatus, sdp)
  }
  accept(callId: CallId, sdp: string): void {
    this.#leg(callId)?.accept(sdp)
  }
  reject(callId: CallId, sipStatus: number): void {
    this.#leg(callId)?.reject(sipStatus)
  }

  message(deviceId: DeviceId, request: MessageRequest): Promise<MessageOutcome> {
    const target = { kind: 'device', deviceId } as const
    return sendMessage(
      this.#ctx,
      request,
      routesOf(target, (id) => this.registeredContacts(id)),
    )
  }
  mailboxChanged(deviceId: DeviceId, username: string): void {
    this.#lamps.changed(deviceId, username)
  }

  registeredContacts(deviceId: DeviceId): readonly RegisteredContact[] {
    return this.#registrar.contactsOf(deviceId)
  }

  ready(): boolean {
    return this.#link.up()
  }

  drain(): void {
    this.#draining = true
  }

  counts(): Readonly<SipCounts> & { readonly legs: number; readonly dialogs: number } {
    const { counts, legs } = this.#ctx
    return { ...counts, legs: legs.size, dialogs: legs.dialogCount }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#draining = true
    const { legs, clock } = this.#ctx
    for (const leg of legs.all()) leg.cancel()
    for (const dialog of legs.dialogs()) dialog.hangUp()
    const untilMs = clock.monotonicMs() + this.#closeWithinMs
    while (this.#link.up() && legs.dialogCount > 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((done) => {
        clock.after(pollMs, done)
      })
    }
    this.#link.close()
    await this.#bindings.close()
  }

  #leg(callId: CallId) {
    const leg = this.#ctx.legs.get(callId)
    if (!leg) this.#ctx.counts.commandsIgnored++
    return leg
  }

  #receive(request: RequestIn): void {
    const { legs, counts } = this.#ctx
    const dialog = request.dialogId === undefined ? undefined : legs.dialog(request.dialogId)
    if (dialog) dialog.receive(request)
    else if (request.method === 'ACK') counts.strayRequests++
    else if (isInsideDialog(request)) {
      counts.strayRequests++
      request.respond(481)
    } else this.#receiveNew(request)
  }

  #receiveNew(request: RequestIn): void {
    if (request.method === 'INVITE') receiveInvite(this.#door, request)
    else if (request.method === 'REGISTER') {
      this.#answered(request, this.#registrar.receive(request))
    } else if (request.method === 'MESSAGE' || request.method === 'SUBSCRIBE') {
      this.#receiveSigned(request)
    } else receiveOther(request, this.#draining)
  }

  /** What only a device may send. */
  #receiveSigned(request: RequestIn): void {
    const refusal = badScheme(request) ?? badExtension(request, noExtensions)
    if (refusal) request.respond(...refusal)
    else if (this.#draining) request.respond(503, { headers: { 'Retry-After': retryAfterS } })
    else if (request.method === 'SUBSCRIBE') {
      this.#answered(request, this.#lamps.receive(request))
    } else this.#answered(request, receiveMessage(this.#messages, request))
  }

  #answered(request: RequestIn, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#ctx.log.error(`${request.method} failed`, { error: String(error) })
      request.respond(500)
    })
  }

  #onUp(endpoints: string): void {
    this.#ctx.log.info('SIP control connection up', { endpoints })
    for (const dialog of this.#ctx.legs.dialogs()) dialog.linkUp()
  }

  #onDown(): void {
    this.#ctx.log.warn('SIP control connection down')
    for (const leg of this.#ctx.legs.all()) leg.linkDown()
  }
}

/** A bare IPv6 address needs brackets in a URI. */
const inUri = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host)

const isInsideDialog = (request: RequestIn): boolean =>
  request.dialogId !== undefined ||
  (request.method !== 'REGISTER' && /;\s*tag\s*=/i.test(request.header('to') ?? ''))

const failAtOnce: SipLink['request'] = (_request, handlers) => {
  queueMicrotask(() => handlers.failed({ is: 'linkDown', reason: 'no control connection' }))
}
