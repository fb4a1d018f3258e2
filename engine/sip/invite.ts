import type { CallId } from '../core/ids.ts'
import type { DeviceRecord } from '../core/ports/store.ts'
import { badExtension, type Refusal, unreadable } from './acceptable.ts'
import { parseNameAddress, parseSipUri } from './address.ts'
import type { Authenticator } from './authenticator.ts'
import { isForeignBody } from './body.ts'
import type { CallLimits } from './call-limits.ts'
import { allow, type Context, sdpType } from './context.ts'
import { fromTagOf, InboundLeg, inviteDialogId, type Parties } from './inbound.ts'
import type { RequestIn } from './link.ts'
import { callerOf, partyOf } from './party.ts'
import type { TrunkSources } from './trunk-sources.ts'

/** Options in Require that we understand: session timers, which the server keeps (RFC 4028). */
const understood = new Set(['timer'])
/** Calls at once, in all states. */
const maxLegs = 5000
export const retryAfterS = '30'

export interface InviteDoor {
  readonly ctx: Context
  readonly authenticator: Authenticator
  readonly trunks: TrunkSources
  readonly devices: { byUsername(username: string): Promise<DeviceRecord | undefined> }
  readonly limits: CallLimits
  draining(): boolean
}

/** An INVITE that belongs to no dialog: who is it, whom does he want, and is there room for him? */
export function receiveInvite(door: InviteDoor, request: RequestIn): void {
  const refusal = refusalOf(door, request)
  if (refusal) {
    request.respond(...refusal)
    return
  }
  const call = new Arrival(door, request)
  call.run().catch((error: unknown) => {
    door.ctx.log.error('inbound INVITE failed', { error: String(error) })
    call.abandon()
  })
}

/** What can be refused without knowing who asks. */
function refusalOf(door: InviteDoor, request: RequestIn): Refusal | undefined {
  if (door.draining() || !door.limits.take(door.ctx.legs.size)) {
    door.ctx.counts.refusedDraining++
    return [503, { headers: { 'Retry-After': retryAfterS } }]
  }
  if (fromTagOf(request) === '') return [400, { reason: 'Missing From Tag' }]
  if (!hasContact(request)) return [400, { reason: 'Bad Contact' }]
  const unsupported = badExtension(request, understood)
  if (unsupported) return unsupported
  if (isForeignBody(request)) return [415, { headers: { Accept: sdpType } }]
  return unreadable(request)
}

/** Without one that can be called back there is no way to end the call (RFC 3261 section 8.1.1.8). */
const hasContact = (request: RequestIn): boolean =>
  parseSipUri(parseNameAddress(request.header('contact') ?? '')?.uri ?? '') !== undefined

class Arrival {
  readonly #door: InviteDoor
  readonly #request: RequestIn
  #canceled = false
  #leg: InboundLeg | undefined

  constructor(door: InviteDoor, request: RequestIn) {
    this.#door = door
    this.#request = request
    // Before the first await: the CANCEL may be in the same segment.
    request.onCancel(() => {
      this.#canceled = true
      this.#leg?.canceled()
    })
  }

  async run(): Promise<void> {
    const source = await this.#source()
    if (this.#canceled || source === undefined) return
    const party = partyOf(this.#request.uri)
    if ('refuse' in party) {
      this.#request.respond(party.refuse, { headers: { Allow: allow } })
      return
    }
    this.#ring({ ...source, to: party.name })
  }

  /** Something of ours broke. */
  abandon(): void {
    if (this.#leg) this.#leg.reject(500)
    else this.#request.respond(500)
  }

  #ring(parties: Parties): void {
    const { ctx } = this.#door
    // The same INVITE by another way (RFC 3261 section 8.2.2.2).
    if (ctx.legs.dialog(inviteDialogId(this.#request)) !== undefined) {
      this.#request.respond(482)
      return
    }
    this.#leg = new InboundLeg(ctx, ctx.uuid() as CallId, this.#request)
    this.#leg.start(parties)
  }

  /**
   * A trunk by address and port; else whoever brings credentials or calls himself by a device's name has
   * to prove it; else a trunk by address alone, for providers call from any port; else nobody.
   */
  async #source(): Promise<Omit<Parties, 'to'> | undefined> {
    const from = parseNameAddress(this.#request.header('from') ?? '')
    const match = await this.#door.trunks.match(this.#request.address, this.#request.port)
    const caller = callerOf(from?.uri ?? '')
    const fromName = from?.name ?? null
    if (match && (match.exact || !(await this.#claimsDevice(caller)))) {
      return { from: caller, fromName, source: { kind: 'trunk', trunkId: match.trunk.id } }
    }
    if (this.#canceled) return undefined
    const device = await this.#door.authenticator.admit(this.#request)
    if (device === undefined) return undefined
    if (device.username !== caller) {
      this.#request.respond(403, { reason: 'From Is Not The Device' })
      return undefined
    }
    const { id: deviceId, username } = device
    const source = { kind: 'device', deviceId, username } as const
    return { from: username, fromName, source, natAddress: this.#request.address }
  }

  async #claimsDevice(caller: string): Promise<boolean> {
    if (this.#request.header('authorization') !== undefined) return true
    return (await this.#door.devices.byUsername(caller)) !== undefined
  }
}
