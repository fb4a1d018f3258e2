import type { DeviceId } from '../core/ids.ts'
import type { RegisteredContact } from '../core/ports/sip.ts'
import type { DeviceRecord, RegistrationRecord } from '../core/ports/store.ts'
import { notCallable } from './acceptable.ts'
import { parseNameAddress, parseSipUri, splitList } from './address.ts'
import type { Authenticator } from './authenticator.ts'
import { type Bindings, type Change, contactKey } from './bindings.ts'
import type { Context } from './context.ts'
import type { RequestIn } from './link.ts'
import { callerOf } from './party.ts'

export const minExpiresS = 60
export const maxExpiresS = 3600
const defaultExpiresS = 3600
/** In one REGISTER. */
const maxListed = 10

export interface RegistrarOptions {
  readonly ctx: Context
  readonly authenticator: Authenticator
  readonly bindings: Bindings
}

interface Wanted {
  readonly contact: string
  readonly expiresS: number
}

type Refusal = { readonly refuse: number; readonly reason?: string }

/** REGISTER (RFC 3261 section 10.3), whole or not at all. */
export class Registrar {
  readonly #options: RegistrarOptions

  constructor(options: RegistrarOptions) {
    this.#options = options
  }

  async receive(request: RequestIn): Promise<void> {
    const refusal = notCallable(request)
    if (refusal) {
      request.respond(...refusal)
      return
    }
    const device = await this.#options.authenticator.admit(request)
    if (device === undefined) return
    const changes = this.#changesOf(request, device)
    if ('refuse' in changes) {
      const { refuse, reason } = changes
      const headers = refuse === 423 ? { 'Min-Expires': String(minExpiresS) } : {}
      request.respond(refuse, { headers, ...(reason === undefined ? {} : { reason }) })
      return
    }
    await this.#options.bindings.apply(device.id, changes)
    this.#confirm(request, device.id)
  }

  contactsOf(deviceId: DeviceId): RegisteredContact[] {
    return this.#options.bindings.of(deviceId).map((registration) => ({
      uri: registration.contact,
      source: registration.source,
      userAgent: registration.userAgent,
      expiresAtMs: registration.expiresAtMs,
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
    const order = orderOf(request)
    const late = wanted.some((one) => this.#isLate(device.id, one.contact, order))
    if (late) return { refuse: 500, reason: 'CSeq Out Of Order' }
    return wanted.map((one) =>
      one.expiresS === 0
        ? { is: 'unbind', contact: one.contact }
        : { is: 'bind', registration: this.#registration(request, device.id, one) },
    )
  }

  #removeAll(request: RequestIn, device: DeviceRecord): Change[] | Refusal {
    if (request.header('expires')?.trim() !== '0')
      return { refuse: 400, reason: 'Expires Must Be 0' }
    const order = orderOf(request)
    const all = this.#options.bindings.of(device.id)
    const late = all.some((one) => this.#isLate(device.id, one.contact, order))
    if (late) return { refuse: 500, reason: 'CSeq Out Of Order' }
    return all.map(({ contact }) => ({ is: 'unbind', contact }))
  }

  /** Within one Call-ID the CSeq has to grow (section 10.3, step 7). */
  #isLate(deviceId: DeviceId, contact: string, order: { callId: string; cseq: number }): boolean {
    const known = this.#options.bindings.find(deviceId, contact)
    return known !== undefined && known.sipCallId === order.callId && order.cseq <= known.cseq
  }

  #registration(request: RequestIn, deviceId: DeviceId, wanted: Wanted): RegistrationRecord {
    const { callId, cseq } = orderOf(request)
    return {
      deviceId,
      contact: wanted.contact,
      source: `${request.protocol}/${hostOf(request.address)}:${request.port}`,
      userAgent: request.header('user-agent')?.slice(0, 128) ?? null,
      sipCallId: callId,
      cseq,
      expiresAtMs: this.#options.ctx.clock.nowMs() + wanted.expiresS * 1000,
    }
  }

  #confirm(request: RequestIn, deviceId: DeviceId): void {
    const nowMs = this.#options.ctx.clock.nowMs()
    const contacts = this.#options.bindings.of(deviceId).map(({ contact, expiresAtMs }) => {
      return `<${contact}>;expires=${Math.ceil((expiresAtMs - nowMs) / 1000)}`
    })
    const date = new Date(nowMs).toUTCString()
    const headers = { Date: date }
    if (contacts.length === 0) request.respond(200, { headers })
    else request.respond(200, { headers: { ...headers, Contact: contacts.join(', ') } })
  }
}

/** The contacts of a REGISTER with the time each is granted; none for a mere question. */
function wantedOf(request: RequestIn, contact: string): Wanted[] | Refusal {
  const values = splitList(contact)
  if (values.length > maxListed) return { refuse: 403, reason: 'Too Many Contacts' }
  const wanted = new Map<string, Wanted>()
  for (const value of values) {
    const one = wantedOne(value, request.header('expires'))
    if ('refuse' in one) return one
    wanted.set(contactKey(one.contact), one)
  }
  return [...wanted.values()]
}

function wantedOne(value: string, expires: string | undefined): Wanted | Refusal {
  const address = parseNameAddress(value)
  if (!address || !parseSipUri(address.uri)) return { refuse: 400, reason: 'Bad Contact' }
  const asked = secondsOf(address.params['expires'] ?? expires)
  if (asked > 0 && asked < minExpiresS) return { refuse: 423 }
  return { contact: address.uri.split('?')[0]!, expiresS: Math.min(asked, maxExpiresS) }
}

/** A value that is no number counts as if it were absent (RFC 3261 section 10.2.1.1). */
function secondsOf(text: string | undefined): number {
  return text !== undefined && /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : defaultExpiresS
}

const orderOf = (request: RequestIn): { callId: string; cseq: number } => ({
  callId: request.header('call-id') ?? '',
  cseq: Number.parseInt(request.header('cseq') ?? '0', 10) || 0,
})

const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address)
