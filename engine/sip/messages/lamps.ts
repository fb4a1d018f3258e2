import type { DeviceId } from '../../core/ids.ts'
import type { Mailboxes } from '../../core/ports/mailbox.ts'
import type { RegisteredContact } from '../../core/ports/sip.ts'
import type { DeviceRecord } from '../../core/ports/store.ts'
import { encodeUser, parseNameAddress, parseSipUri, splitList } from '../address.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { fromTagOf } from '../call/inbound.ts'
import { contactRoute } from '../call/routes.ts'
import { type Context, dialogIdOf, userAgent } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { callerOf, partyOf } from '../party.ts'
import { contactKey } from '../register/bindings.ts'
import { summaryEvent, summaryOf, summaryType } from './message-summary.ts'
import { Subscription } from './subscription.ts'

const minExpiresS = 60
const maxExpiresS = 3600
/** Of one device; a phone that restarts without a word leaves old ones behind. */
const maxPerDevice = 10
const maxInAll = 50_000

export interface LampsOptions {
  readonly ctx: Context
  readonly authenticator: Authenticator
  readonly mailboxes: Mailboxes
  contactsOf(deviceId: DeviceId): readonly RegisteredContact[]
}

/** Who is told of the messages in his mailbox (RFC 3842 over RFC 6665). */
export class Lamps {
  readonly #options: LampsOptions
  /** Oldest first. */
  readonly #byDevice = new Map<DeviceId, Set<Subscription>>()
  #size = 0

  constructor(options: LampsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  /** A SUBSCRIBE outside any dialog. */
  async receive(request: RequestIn): Promise<void> {
    if (refusedUnread(request)) return
    const { ctx, authenticator } = this.#options
    const device = await authenticator.admit(request)
    if (device === undefined || notItsOwn(request, device)) return
    const dialogId = dialogIdOf(request.header('call-id') ?? '', fromTagOf(request))
    if (ctx.legs.dialog(dialogId) !== undefined) {
      request.respond(482)
      return
    }
    if (this.#size >= maxInAll) {
      request.respond(480, { headers: { 'Retry-After': '60' } })
      return
    }
    const subscription = this.#begin(request, device, dialogId)
    this.#grant(request, subscription)
  }

  /** The counts of a mailbox changed: everybody who shows them is told. */
  changed(deviceId: DeviceId, username: string): void {
    const subscriptions = [...(this.#byDevice.get(deviceId) ?? [])]
    for (const subscription of subscriptions) subscription.notify()
    const told = new Set(
      subscriptions.filter((one) => !one.ended).map((one) => contactKey(one.options.contact)),
    )
    for (const contact of this.#options.contactsOf(deviceId)) {
      if (!told.has(contactKey(contact.uri))) this.#notifyUnasked(deviceId, username, contact)
    }
  }

  /** The device is deleted. */
  forget(deviceId: DeviceId): void {
    for (const one of [...(this.#byDevice.get(deviceId) ?? [])]) one.end('noresource')
  }

  #begin(request: RequestIn, device: DeviceRecord, dialogId: string): Subscription {
    const own = this.#byDevice.get(device.id) ?? new Set()
    const [oldest] = [...own].filter((one) => !one.ended)
    if (own.size >= maxPerDevice) oldest?.end('rejected')
    const subscription: Subscription = new Subscription(this.#options.ctx, {
      ...{ device, dialogId },
      contact: parseNameAddress(request.header('contact') ?? '')?.uri ?? '',
      summary: () => this.#summary(device.id, device.username),
      refresh: (again) => this.#refresh(subscription, again),
      over: () => {
        own.delete(subscription)
        if (own.size === 0) this.#byDevice.delete(device.id)
        this.#size--
      },
    })
    own.add(subscription)
    this.#byDevice.set(device.id, own)
    this.#size++
    return subscription
  }

  #refresh(subscription: Subscription, request: RequestIn): void {
    if (subscription.ended) {
      request.respond(481)
      return
    }
    if (refusedUnread(request)) return
    this.#options.authenticator.admit(request).then(
      (device) => {
        if (device === undefined) return
        if (device.id !== subscription.options.device.id) request.respond(403)
        else this.#grant(request, subscription)
      },
      (error: unknown) => {
        this.#options.ctx.log.error('SUBSCRIBE failed', { error: String(error) })
        request.respond(500)
      },
    )
  }

  /** The NOTIFY follows the answer: before that there is no dialog. */
  #grant(request: RequestIn, subscription: Subscription): void {
    const seconds = Math.min(secondsOf(request), maxExpiresS)
    const headers = { Expires: String(seconds), 'User-Agent': userAgent }
    request.respond(200, { headers }, (error) => {
      subscription.grant(error === undefined ? seconds : 0)
    })
  }

  async #summary(deviceId: DeviceId, username: string): Promise<string> {
    const { ctx, mailboxes } = this.#options
    const account = `sip:${encodeUser(username)}@${ctx.publicAddress}`
    return summaryOf(account, await mailboxes.counts(deviceId))
  }

  /** Many phones expect it without having asked; those that do not answer 481 or the like. */
  #notifyUnasked(deviceId: DeviceId, username: string, contact: RegisteredContact): void {
    const { ctx } = this.#options
    const { uri, nextHop, routeSet } = contactRoute(contact)
    const self = `<sip:${encodeUser(username)}@${ctx.publicAddress}>`
    this.#summary(deviceId, username).then(
      (body) =>
        ctx.link.request(
          {
            method: 'NOTIFY',
            uri,
            ...(nextHop === undefined ? {} : { nextHop }),
            headers: {
              ...(routeSet === undefined ? {} : { Route: routeSet }),
              From: `${self};tag=${ctx.uuid().slice(0, 13)}`,
              To: self,
              Contact: `<sip:${ctx.publicAddress}>`,
              Event: summaryEvent,
              'Subscription-State': 'active',
              'Content-Type': summaryType,
            },
            body,
          },
          {
            response: ({ status }) => {
              if (status >= 300) ctx.log.debug('NOTIFY not taken', { deviceId, status })
            },
            failed: ({ reason }) => ctx.log.debug('NOTIFY not sent', { deviceId, reason }),
          },
        ),
      (error: unknown) => ctx.log.warn('mailbox not known', { deviceId, error: String(error) }),
    )
  }
}

/** Answers what can be refused without knowing who asks. */
function refusedUnread(request: RequestIn): boolean {
  const event = (request.header('event') ?? '').split(';')[0]?.trim().toLowerCase()
  const seconds = secondsOf(request)
  if (event !== summaryEvent) request.respond(489, { headers: { 'Allow-Events': summaryEvent } })
  else if (!takesSummary(request)) request.respond(406, { headers: { Accept: summaryType } })
  else if (seconds > 0 && seconds < minExpiresS) {
    request.respond(423, { headers: { 'Min-Expires': String(minExpiresS) } })
  } else if (
    parseSipUri(parseNameAddress(request.header('contact') ?? '')?.uri ?? '') === undefined
  ) {
    request.respond(400, { reason: 'Bad Contact' })
  } else if (fromTagOf(request) === '') request.respond(400, { reason: 'Missing From Tag' })
  else return false
  return true
}

function notItsOwn(request: RequestIn, device: DeviceRecord): boolean {
  const from = callerOf(parseNameAddress(request.header('from') ?? '')?.uri ?? '')
  const mailbox = partyOf(request.uri)
  if (from === device.username && 'name' in mailbox && mailbox.name === device.username)
    return false
  request.respond(403, { reason: 'Not Your Mailbox' })
  return true
}

function takesSummary(request: RequestIn): boolean {
  const accept = request.header('accept')
  if (accept === undefined || accept.trim() === '') return true
  return splitList(accept).some((one) =>
    [summaryType, 'application/*', '*/*'].includes(one.split(';')[0]?.trim().toLowerCase() ?? ''),
  )
}

function secondsOf(request: RequestIn): number {
  const text = request.header('expires')?.trim() ?? ''
  return /^\d{1,10}$/.test(text) ? Number(text) : maxExpiresS
}
