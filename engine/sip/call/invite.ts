import type { CallId, DeviceId } from '../../core/ids.ts'
import type { RegisteredContact, TrunkRecord } from '../../core/ports/sip.ts'
import type { DeviceRecord } from '../../core/ports/store.ts'
import { plainAddress } from '../../core/targets.ts'
import { anonymous } from '../../core/trunk-caller.ts'
import { type NameAddress, parseNameAddress, parseSipUri } from '../address.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { isForeignBody } from '../body.ts'
import { allow, type Context, sdpType } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { callerOf, type Party, partyOf } from '../party.ts'
import { placeWanted } from '../transfer/replaces.ts'
import { isNobody, isWithheld, trunkCallee, trunkCaller } from '../trunk/caller.ts'
import type { TrunkLogin, TrunkSources } from '../trunk/sources.ts'
import { badExtension, type Refusal, unreadable } from './acceptable.ts'
import type { CallLimits } from './call-limits.ts'
import { fromTagOf, InboundLeg, inviteDialogId, type Parties } from './inbound.ts'
import { bareHostOf } from './routes.ts'
import { tooShort } from './session-timer.ts'

/** Options in Require that we understand: session timers (RFC 4028) and reliable 18x (RFC 3262) are the server's. */
const understood = new Set(['timer', 'replaces', '100rel'])
export const retryAfterS = '30'
/** The one-use token by which a device goes on with a call of its own. */
const takeoverHeader = 'x-ringdown-takeover'

export interface InviteDoor {
  readonly ctx: Context
  readonly authenticator: Authenticator
  readonly trunks: TrunkSources
  readonly devices: { byUsername(username: string): Promise<DeviceRecord | undefined> }
  /** Where the device is registered now. */
  contactsOf(deviceId: DeviceId): readonly Pick<RegisteredContact, 'source'>[]
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
  if (door.draining() || !door.limits.hasRoom(door.ctx.legs.size)) return noRoom(door.ctx)
  if (fromTagOf(request) === '') return [400, { reason: 'Missing From Tag' }]
  if (!hasContact(request)) return [400, { reason: 'Bad Contact' }]
  const unsupported = badExtension(request, understood)
  if (unsupported) return unsupported
  if (isForeignBody(request)) return [415, { headers: { Accept: sdpType } }]
  return unreadable(request) ?? tooShort(request)
}

function noRoom({ counts }: Context): Refusal {
  counts.refusedCalls++
  return [503, { headers: { 'Retry-After': retryAfterS } }]
}

/** Without one that can be called back there is no way to end the call (RFC 3261 section 8.1.1.8). */
const hasContact = (request: RequestIn): boolean =>
  parseSipUri(parseNameAddress(request.header('contact') ?? '')?.uri ?? '') !== undefined

type Source = Omit<Parties, 'to'> & { readonly callee: Party }

const byTrunk = (trunk: TrunkRecord, request: RequestIn): Source => ({
  ...trunkCaller(trunk, request),
  source: { kind: 'trunk', trunkId: trunk.id },
  trunk,
  callee: trunkCallee(trunk, request),
  ...(trunk.codecs && { codecs: trunk.codecs }),
  ...(trunk.srtp && { srtp: trunk.srtp }),
})

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
    const place = placeWanted(this.#door.ctx, this.#request, source.source.kind === 'device')
    if ('refuse' in place) {
      this.#request.respond(place.refuse)
      return
    }
    const { callee: party, ...caller } = source
    const takeover =
      source.source.kind === 'device' ? this.#request.header(takeoverHeader) : undefined
    // Whoever takes a place names a call; the address is that of our Contact then, and nobody's.
    if (place.replaces !== undefined) this.#ring({ ...caller, ...place, to: caller.from })
    else if (takeover !== undefined) this.#ring({ ...caller, takeover, to: caller.from })
    else if ('refuse' in party) {
      this.#request.respond(party.refuse, { headers: { Allow: allow } })
    } else this.#ring({ ...caller, to: party.name })
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
    const { source } = parties
    const deviceId = source.kind === 'device' ? source.deviceId : undefined
    if (deviceId !== undefined && !this.#door.limits.deviceMay(ctx.legs.madeBy(deviceId))) {
      ctx.counts.refusedCalls++
      // Not 503, which a phone would take for the whole system's, other calls and registration included.
      this.#request.respond(486, { reason: 'Too Many Calls' })
      return
    }
    if (!this.#door.limits.take(ctx.legs.size)) {
      this.#request.respond(...noRoom(ctx))
      return
    }
    this.#leg = new InboundLeg(ctx, ctx.uuid() as CallId, this.#request, deviceId)
    this.#leg.start(parties)
  }

  /**
   * A trunk by address and port; else whoever brings credentials, or calls himself by the name of a device
   * that is not elsewhere, has to prove it; else a trunk by address alone, for providers call from any port
   * and other systems' extensions may have the names of ours; else nobody. A trunk may bring credentials too.
   */
  async #source(): Promise<Source | undefined> {
    const from = parseNameAddress(this.#request.header('from') ?? '')
    const match = await this.#door.trunks.match(this.#request)
    const caller = callerOf(from?.uri ?? '')
    if (match && (match.exact || !(await this.#claimsDevice(caller)))) {
      return byTrunk(match.trunk, this.#request)
    }
    if (this.#canceled) return undefined
    const { authenticator } = this.#door
    const who = await authenticator.admitOne(this.#request, (username) => this.#loginOf(username))
    if (who === undefined) return undefined
    if ('trunk' in who) return byTrunk(who.trunk, this.#request)
    return this.#byDevice(who, from)
  }

  /** Who it is its credentials say; in From it may say so too, or that nobody shall know. */
  #byDevice(device: DeviceRecord, from: NameAddress | undefined): Source | undefined {
    if (!isNobody(from) && device.username !== callerOf(from?.uri ?? '')) {
      this.#request.respond(403, { reason: 'From Is Not The Device' })
      return undefined
    }
    const { id: deviceId, username } = device
    const shown = isWithheld(this.#request, from)
      ? { from: anonymous, fromName: null }
      : { from: username, fromName: from?.name ?? null }
    const source = { kind: 'device', deviceId, username } as const
    const { address: natAddress, uri } = this.#request
    return { ...shown, source, natAddress, callee: partyOf(uri) }
  }

  async #loginOf(username: string): Promise<DeviceRecord | TrunkLogin | undefined> {
    const { devices, trunks } = this.#door
    // both, always: how long it takes does not tell which names there are
    const [device, trunk] = await Promise.all([
      devices.byUsername(username),
      trunks.byUsername(username),
    ])
    return device ?? trunk
  }

  async #claimsDevice(caller: string): Promise<boolean> {
    if (this.#request.header('authorization') !== undefined) return true
    const device = await this.#door.devices.byUsername(caller)
    if (device === undefined) return false
    const here = plainAddress(this.#request.address)
    const contacts = this.#door.contactsOf(device.id)
    // one that is registered nowhere may be anywhere
    return (
      contacts.length === 0 ||
      contacts.some(({ source }) => plainAddress(bareHostOf(source)) === here)
    )
  }
}
