import { isIP } from 'node:net'
import { Failure } from '../core/failures.ts'
import type { CallId, DeviceId, TrunkId } from '../core/ids.ts'
import { type Mailboxes, noMessages } from '../core/ports/mailbox.ts'
import type {
  InviteRequest,
  MessageOutcome,
  MessageRequest,
  ReferTarget,
  RegisteredContact,
  SipEvents,
  TrunkStatus,
} from '../core/ports/sip.ts'
import { Authenticator } from './auth/authenticator.ts'
import type { BanList } from './auth/bans.ts'
import { badExtension, badScheme } from './call/acceptable.ts'
import { CallLimits } from './call/call-limits.ts'
import { Dialog } from './call/dialog.ts'
import { InboundLeg } from './call/inbound.ts'
import { type InviteDoor, receiveInvite, retryAfterS } from './call/invite.ts'
import { OutboundLeg } from './call/outbound.ts'
import { routeGroupsOf, routesOf, withOffers } from './call/routes.ts'
import { type Context, Legs, noCounts, type SipCounts } from './context.ts'
import type { RunningSip, SipOptions } from './index.ts'
import type { LinkEvents, RequestIn, SipLink } from './link/link.ts'
import { Lamps } from './messages/lamps.ts'
import { type MessageDoor, messageDoor, receiveMessage, sendMessage } from './messages/messages.ts'
import { noExtensions, receiveOther } from './outside.ts'
import { Bindings, type Watcher } from './register/bindings.ts'
import { receiveMoved } from './register/moved.ts'
import { Pings } from './register/pings.ts'
import { Registrar } from './register/registrar.ts'
import { TrunkRealms } from './trunk/credentials.ts'
import { TrunkKeeper } from './trunk/keeper.ts'
import { type Resolve, TrunkSources } from './trunk/sources.ts'

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
  readonly #authenticator: Authenticator
  readonly #pings: Pings | undefined
  readonly #keeper: TrunkKeeper
  readonly #lamps: Lamps
  readonly #messages: MessageDoor
  readonly #closeWithinMs: number
  #link: SipLink = { up: () => false, request: failAtOnce, close: () => {} }
  readonly #bans: BanList | undefined
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
      claims: options.trace,
      legs: new Legs(),
      counts: noCounts(),
      realms: new TrunkRealms(),
      usernamesAt: (contact) => this.#bindings.usernamesAt(contact),
      uuid: () => ids.uuid(),
      random: options.random ?? Math.random,
    }
    const { bans } = options
    const authenticator = new Authenticator(ctx, { realm, devices, key, offer, bans })
    this.#bans = bans
    this.#authenticator = authenticator
    const trunks = new TrunkSources(options.trunks, clock, options.resolve)
    bans?.watchTrunks(() => trunks.addresses())
    this.#keeper = new TrunkKeeper(ctx, options.trunks)
    this.#ctx = ctx
    this.#closeWithinMs = options.closeWithinMs ?? 1000
    this.#pings =
      options.pingEveryMs === undefined ? undefined : new Pings(ctx, options.pingEveryMs)
    this.#bindings = new Bindings({
      ...{ store: options.registrations, clock, log, events },
      watcher: this.#pings ?? nobodyWatches,
      connectionsEnded: options.connectionsEnd ?? false,
    })
    this.#registrar = new Registrar({ ctx, authenticator, bindings: this.#bindings })
    this.#messages = messageDoor(ctx, authenticator)
    this.#lamps = new Lamps({
      ...{ ctx, authenticator, mailboxes: options.mailboxes ?? allEmpty },
      contactsOf: (deviceId) => this.registeredContacts(deviceId),
    })
    const limits = new CallLimits(clock, options.limits ?? {})
    this.#door = {
      ...{ ctx, authenticator, trunks, devices, limits, draining: () => this.#draining },
      contactsOf: (deviceId) => this.registeredContacts(deviceId),
    }
  }

  /** Reads the registrations that survived a restart. */
  async load(): Promise<void> {
    await this.#bindings.load()
    for (const registration of this.#bindings.all()) this.#authenticator.remember(registration)
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
    const places = routeGroupsOf(request.target, (deviceId) => this.registeredContacts(deviceId))
    const groups = withOffers(places, request.offers)
    if (groups.length > 0) new OutboundLeg(this.#ctx, callId, request, groups).start()
    else queueMicrotask(() => this.#ctx.events.rejected(callId, 480, 'Not Registered'))
  }

  cancel(callId: CallId, isElsewhere?: boolean): void {
    this.#leg(callId)?.cancel(isElsewhere)
  }
  bye(callId: CallId): void {
    this.#leg(callId)?.bye()
  }
  progress(callId: CallId, sipStatus: 180 | 181 | 183, sdp?: string): void {
    this.#leg(callId)?.progress(sipStatus, sdp)
  }
  accept(callId: CallId, sdp: string): void {
    this.#leg(callId)?.accept(sdp)
  }
  takeOver(callId: CallId, coming: CallId): boolean {
    const { legs } = this.#ctx
    const [before, next] = [legs.get(callId), legs.get(coming)]
    if (!before || !(next instanceof InboundLeg)) return false
    legs.remove(before)
    if (!next.become(callId)) {
      legs.add(before)
      return false
    }
    before.bye()
    return true
  }
  reject(callId: CallId, sipStatus: number, warning?: string): void {
    this.#leg(callId)?.reject(sipStatus, warning)
  }

  async infoDigit(callId: CallId, digit: string, durationMs: number): Promise<boolean> {
    return this.#leg(callId)?.dialog?.infoDigit(digit, durationMs) ?? false
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

  reoffer(callId: CallId, offer: () => Promise<string>): Promise<string> {
    return this.#dialog(callId)?.reoffer(offer) ?? Promise.reject(noDialog())
  }
  refer(callId: CallId, to: ReferTarget): Promise<void> {
    return this.#dialog(callId)?.refer(to) ?? Promise.reject(noDialog())
  }
  transferProgress(callId: CallId, sipStatus: number): void {
    this.#dialog(callId)?.transferProgress(sipStatus)
  }

  registeredContacts(deviceId: DeviceId): readonly RegisteredContact[] {
    return this.#registrar.contactsOf(deviceId)
  }

  forgetDevice(deviceId: DeviceId, because: 'deleted' | 'password'): void {
    this.#bindings.forget(deviceId, because)
    this.#lamps.forget(deviceId)
  }

  ready(): boolean {
    return this.#link.up()
  }

  trunksChanged(): void {
    this.#keeper.reload()
  }
  trunkStatus(id: TrunkId): TrunkStatus {
    return this.#keeper.status(id)
  }

  connectionClosed(source: string): void {
    if (this.#closing !== undefined) return
    this.#bindings.connectionClosed(source)
    for (const leg of this.#ctx.legs.all()) leg.connectionClosed?.(source)
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
    const leftTrunks = this.#keeper.close()
    for (const leg of legs.all()) leg.cancel()
    for (const dialog of legs.dialogs()) dialog.hangUp()
    const untilMs = clock.monotonicMs() + this.#closeWithinMs
    while (this.#link.up() && legs.dialogCount > 0 && clock.monotonicMs() < untilMs) {
      await new Promise<void>((done) => {
        clock.after(pollMs, done)
      })
    }
    await leftTrunks
    this.#pings?.close()
    this.#link.close()
    await this.#bindings.close()
    this.#bans?.close()
  }

  #leg(callId: CallId) {
    const leg = this.#ctx.legs.get(callId)
    if (!leg) this.#ctx.counts.commandsIgnored++
    return leg
  }

  #dialog(callId: CallId): Dialog | undefined {
    return this.#leg(callId)?.dialog
  }

  #receive(request: RequestIn): void {
    const { legs, counts } = this.#ctx
    const dialog = request.dialogId === undefined ? undefined : legs.dialog(request.dialogId)
    const mover = dialog instanceof Dialog ? dialog.moverOf(request) : undefined
    if (dialog instanceof Dialog && mover !== undefined) {
      this.#answered(request, receiveMoved(this.#authenticator, dialog, mover, request))
    } else if (dialog) dialog.receive(request)
    else if (request.method === 'ACK') counts.strayRequests++
    else if (isInsideDialog(request)) {
      counts.strayRequests++
      request.respond(481)
    } else this.#receiveNew(request)
  }

  #receiveNew(request: RequestIn): void {
    if (this.#bans?.isBanned(request.address)) request.respond(403)
    else if (request.method === 'INVITE') receiveInvite(this.#door, request)
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
    this.#keeper.linkUp()
    this.#pings?.linkUp()
  }

  #onDown(): void {
    this.#ctx.log.warn('SIP control connection down')
    for (const leg of this.#ctx.legs.all()) leg.linkDown()
  }
}

const nobodyWatches: Watcher = { watch: () => {}, forget: () => {} }

/** A bare IPv6 address needs brackets in a URI. */
const inUri = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host)

const isInsideDialog = (request: RequestIn): boolean =>
  request.dialogId !== undefined ||
  (request.method !== 'REGISTER' && /;\s*tag\s*=/i.test(request.header('to') ?? ''))

const noDialog = (): Failure => new Failure('call_ended', 'the call is not up')

const failAtOnce: SipLink['request'] = (_request, handlers) => {
  queueMicrotask(() => handlers.failed({ is: 'linkDown', reason: 'no control connection' }))
}
