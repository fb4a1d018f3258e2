import type { DeviceId } from '../../core/ids.ts'
import type { RegisteredContact } from '../../core/ports/sip.ts'
import type { DeviceRecord, RegistrationRecord } from '../../core/ports/store.ts'
import { parseNameAddress } from '../address.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { Rate } from '../auth/rate.ts'
import { badExtension, notCallable } from '../call/acceptable.ts'
import type { Context } from '../context.ts'
import type { Headers, RequestIn } from '../link/link.ts'
import { callerOf } from '../party.ts'
import { sourceOf } from '../source.ts'
import { type Bindings, bindingKey, type Change } from './bindings.ts'
import {
  contactValue,
  minExpiresS,
  pathOf,
  type Refusal,
  supports,
  type Wanted,
  wantedOf,
} from './contacts.ts'

/** Extensions that a REGISTER may require. */
const understood = new Set(['path', 'outbound'])

export interface RegistrarOptions {
  readonly ctx: Context
  readonly authenticator: Authenticator
  readonly bindings: Bindings
}

/**
 * Contacts that were not there before, of one device: four phones that all come back, and after that more
 * than moving about takes. Each is a row, two events, and a phone that is asked whether it answers.
 */
const newAtOnce = 40
const newEachMs = 6_000

/** REGISTER (RFC 3261 section 10.3), whole or not at all. */
export class Registrar {
  readonly #options: RegistrarOptions
  readonly #newContacts: Rate

  constructor(options: RegistrarOptions) {
    this.#options = options
    this.#newContacts = new Rate(options.ctx.clock, newAtOnce, newEachMs)
  }

  async receive(request: RequestIn): Promise<void> {
    const refusal = badExtension(request, understood) ?? notCallable(request)
    if (refusal) {
      request.respond(...refusal)
      return
    }
    const device = await this.#options.authenticator.admit(request)
    if (device === undefined) return
    const changes = this.#changesOf(request, device)
    if ('refuse' in changes) {
      const { refuse, reason } = changes
      request.respond(refuse, {
        headers: headersOf(refuse),
        ...(reason === undefined ? {} : { reason }),
      })
      return
    }
    await this.#options.bindings.apply(device.id, changes)
    this.#confirm(request, device.id, changes)
  }

  contactsOf(deviceId: DeviceId): RegisteredContact[] {
    return this.#options.bindings
      .of(deviceId)
      .map(({ registration, reachability, roundTripMs }) => ({
        uri: registration.contact,
        source: registration.source,
        userAgent: registration.userAgent,
        expiresAtMs: registration.expiresAtMs,
        registeredAtMs: registration.registeredAtMs,
        q: registration.q ?? 1,
        path: registration.path,
        instance: registration.flow?.instance,
        reachability,
        roundTripMs,
      }))
  }

  #changesOf(request: RequestIn, device: DeviceRecord): Change[] | Refusal {
    const to = parseNameAddress(request.header('to') ?? '')
    if (!to || callerOf(to.uri) !== device.username)
      return { refuse: 403, reason: 'Not Your Address' }
    const contact = (request.header('contact') ?? '').trim()
    if (contact === '*') return this.#removeAll(request, device)
    const wanted = wantedOf(request, contact)
    if ('refuse' in wanted) return wanted
    const path = pathOf(request)
    if ('refuse' in path) return path
    const order = orderOf(request)
    const late = wanted.some((one) => this.#isLate(device.id, bindingKey(one), order))
    if (late) return { refuse: 500, reason: 'CSeq Out Of Order' }
    if (!this.#hasRoomFor(device.id, wanted))
      return { refuse: 503, reason: 'Too Many New Contacts' }
    return wanted.map((one) =>
      one.expiresS === 0
        ? { is: 'unbind', key: bindingKey(one) }
        : { is: 'bind', registration: this.#registration(request, device, one, path) },
    )
  }

  #hasRoomFor(deviceId: DeviceId, wanted: readonly Wanted[]): boolean {
    return wanted.every(
      (one) =>
        one.expiresS === 0 ||
        this.#options.bindings.find(deviceId, bindingKey(one)) !== undefined ||
        this.#newContacts.take(deviceId),
    )
  }

  #removeAll(request: RequestIn, device: DeviceRecord): Change[] | Refusal {
    if (request.header('expires')?.trim() !== '0')
      return { refuse: 400, reason: 'Expires Must Be 0' }
    const order = orderOf(request)
    const keys = this.#options.bindings.of(device.id).map((one) => bindingKey(one.registration))
    const late = keys.some((key) => this.#isLate(device.id, key, order))
    if (late) return { refuse: 500, reason: 'CSeq Out Of Order' }
    return keys.map((key) => ({ is: 'unbind', key }))
  }

  /** Within one Call-ID the CSeq has to grow (section 10.3, step 7). */
  #isLate(deviceId: DeviceId, key: string, order: { callId: string; cseq: number }): boolean {
    const known = this.#options.bindings.find(deviceId, key)
    return known !== undefined && known.sipCallId === order.callId && order.cseq <= known.cseq
  }

  #registration(
    request: RequestIn,
    device: DeviceRecord,
    { contact, q, flow, expiresS }: Wanted,
    path: readonly string[],
  ): RegistrationRecord {
    const { callId, cseq } = orderOf(request)
    const nowMs = this.#options.ctx.clock.nowMs()
    return {
      deviceId: device.id,
      accountId: device.accountId,
      username: device.username,
      contact,
      source: sourceOf(request),
      userAgent: request.header('user-agent')?.slice(0, 128) ?? null,
      ...{ q, flow, path },
      sipCallId: callId,
      cseq,
      registeredAtMs: nowMs,
      expiresAtMs: nowMs + expiresS * 1000,
    }
  }

  #confirm(request: RequestIn, deviceId: DeviceId, changes: readonly Change[]): void {
    const nowMs = this.#options.ctx.clock.nowMs()
    const contacts = this.#options.bindings
      .of(deviceId)
      .map(({ registration }) =>
        contactValue(registration, Math.ceil((registration.expiresAtMs - nowMs) / 1000)),
      )
    const path = request.header('path')
    const isFlow = changes.some((one) => one.is === 'bind' && one.registration.flow !== null)
    request.respond(200, {
      headers: {
        Date: new Date(nowMs).toUTCString(),
        Supported: 'path, outbound',
        ...(contacts.length === 0 ? {} : { Contact: contacts.join(', ') }),
        // RFC 3327 section 5.3: only to a phone that knows what it is
        ...(path !== undefined && supports(request, 'path') ? { Path: path } : {}),
        ...(isFlow ? { Require: 'outbound' } : {}),
      },
    })
  }
}

function headersOf(refuse: number): Headers {
  if (refuse === 423) return { 'Min-Expires': String(minExpiresS) }
  return refuse === 503 ? { 'Retry-After': '60' } : {}
}

const orderOf = (request: RequestIn): { callId: string; cseq: number } => ({
  callId: request.header('call-id') ?? '',
  cseq: Number.parseInt(request.header('cseq') ?? '0', 10) || 0,
})
