import { type CallRecord, freshCall } from '../core/call.ts'
import { Failure, type FailureCode } from '../core/failures.ts'
import { isE164 } from '../core/numbers.ts'
import type { IncomingInvite } from '../core/ports/sip.ts'
import type { Account, DeviceRecord, NumberRoute } from '../core/ports/store.ts'
import { anonymous } from '../core/trunk-caller.ts'
import { callIn } from './conferences/call-in.ts'
import { circleOf, onwardOf } from './forwarding.ts'
import { refusalOf } from './incoming-status.ts'
import { mediaIn } from './leg-options.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import type { Program, Run } from './program.ts'
import { placeOf, takePlaceOf } from './take-place.ts'
import { takeOver } from './takeover.ts'
import { dial } from './verbs/dial.ts'
import { runInstructions, runProgram } from './verbs/redirect.ts'

interface Destined {
  readonly account: Account
  readonly program: Program
}

/**
 * An INVITE from a trunk or a device. An owned number does what its route says; a device may also call other
 * devices and, by a trunk, any number. Anything else gets 404: never an answer.
 */
export function receiveInvite(ports: Ports, calls: LiveCalls, invite: IncomingInvite): void {
  void accept(ports, calls, invite).catch((error: unknown) => {
    const sipStatus = refusalStatus(error)
    ports.log.info('call refused', {
      from: invite.from,
      to: invite.to,
      sipStatus,
      error: `${error}`,
    })
    ports.sip.reject(invite.callId, sipStatus)
  })
}

const refusalStatuses: Readonly<Partial<Record<FailureCode, number>>> = {
  draining: 503,
  call_ended: 481,
  invalid_request: 488,
  call_busy: 603,
}

function refusalStatus(error: unknown): number {
  if (!(error instanceof Failure)) return 500
  return refusalStatuses[error.code] ?? 404
}

async function accept(ports: Ports, calls: LiveCalls, invite: IncomingInvite): Promise<void> {
  if (invite.takeover !== undefined) return takeOver(ports, calls, invite, invite.takeover)
  const device = await deviceOf(ports, invite)
  const destined = await destinationOf(ports, calls, invite, device)
  if (!destined) throw new Failure('not_found', 'nobody has this number')
  const media = mediaIn(ports.media, invite, device)
  await calls.begin({
    account: destined.account,
    record: recordOf(ports, destined.account, invite),
    program: media.unusable === undefined ? destined.program : refusing(media.unusable),
    media,
    ringTimeoutMs: unansweredLimitMs,
    ...(invite.sdp === undefined ? {} : { remoteOffer: invite.sdp }),
    ...(device && { device }),
  })
}

/** His audio can't be had, or not as it has to be: nobody is called for him. */
const refusing =
  (why: string): Program =>
  async ({ call, ports }) => {
    ports.log.warn('offer not usable', { callId: call.id, error: why })
    call.why = why
    call.feed({ is: 'reject', sipStatus: 488 })
  }

/** The device that calls. Failure `not_found` for one that is there no more. */
async function deviceOf(
  ports: Ports,
  { source }: IncomingInvite,
): Promise<DeviceRecord | undefined> {
  if (source.kind !== 'device') return undefined
  const device = await ports.store.devices.byUsername(source.username)
  if (!device) throw new Failure('not_found', 'the device that calls is not there any more')
  return device
}

/** An inbound call that its program does not answer is given up after this (RFC 3261's timer C). */
const unansweredLimitMs = 180_000

async function destinationOf(
  ports: Ports,
  calls: LiveCalls,
  invite: IncomingInvite,
  device: DeviceRecord | undefined,
): Promise<Destined | undefined> {
  if (invite.replaces !== undefined) {
    const place = await placeOf(ports, calls, invite)
    return { account: place.made.account, program: takePlaceOf(place) }
  }
  const owned = await ports.store.numbers.byNumber(invite.to)
  if (owned) {
    const account = await ports.store.accounts.get(owned.accountId)
    return account && { account, program: routeProgram(owned.route, invite) }
  }
  return device && dialledByDevice(ports, invite, device)
}

/** A device dials: another device of its account, or a number through a trunk. */
async function dialledByDevice(
  ports: Ports,
  invite: IncomingInvite,
  device: DeviceRecord,
): Promise<Destined | undefined> {
  const account = await ports.store.accounts.get(device.accountId)
  if (!account) return undefined
  if (isE164(invite.to)) {
    // Whoever withholds his number stays withheld.
    const shown = account.defaultNumber ?? device.username
    const callerId = invite.from === anonymous ? anonymous : shown
    return { account, program: connectTo(invite.to, invite, { callerId }) }
  }
  const other = await ports.store.devices.byUsername(invite.to)
  if (other?.accountId !== account.id) return undefined
  return { account, program: connectTo(invite.to, invite) }
}

function routeProgram(route: NumberRoute, invite: IncomingInvite): Program {
  switch (route.kind) {
    case 'verbs':
      return (run) => runProgram(run, route.verbs)
    case 'url':
      return (run) => runInstructions(run, route)
    case 'device':
      return connectTo(route.username, invite, { diverts: true })
    case 'number':
      return connectTo(route.number, invite, { diverts: true })
    case 'conference':
      return callIn(route)
  }
}

/** What the caller's phone is told where there is no way; 404 for the rest. */
const refusals: Readonly<Partial<Record<FailureCode, number>>> = {
  device_not_registered: 480,
  trunk_busy: 503,
  limit_reached: 503,
  overloaded: 503,
  target_not_allowed: 403,
}

/** Why a call must not go on; `leaves`: from a number of ours to another number. */
function circleAt({ call, calls }: Run, leaves: boolean): number | undefined {
  const circle = circleOf(call.record)
  return circle ?? (leaves && !calls.forwards.begin(call) ? 482 : undefined)
}

/** Rings somebody for the caller, who is answered only when the other side is. */
function connectTo(
  to: string,
  invite: IncomingInvite,
  { callerId = invite.from, diverts = false }: { callerId?: string; diverts?: boolean } = {},
): Program {
  return async (run) => {
    const { call, ports } = run
    const reject = (sipStatus: number) => call.feed({ is: 'reject', sipStatus })
    const circle = circleAt(run, diverts && isE164(to))
    if (circle !== undefined) {
      ports.log.info('call goes round in circles', { callId: call.id, to })
      reject(circle)
      return
    }
    const by = diverts ? { from: invite.to, reason: 'unconditional' } : undefined
    try {
      const { connected, other } = await dial(run, {
        to,
        from: callerId,
        ...(invite.fromName === null ? {} : { callerName: invite.fromName }),
        timeoutMs: ports.settings.ringTimeoutMs,
        record: false,
        onward: onwardOf(call.record, by),
      })
      if (!connected) reject(refusalOf(other))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      ports.log.info('call not connected', { callId: call.id, to, error: error.message })
      reject(refusals[error.code] ?? 404)
    }
  }
}

const recordOf = (ports: Ports, account: Account, invite: IncomingInvite): CallRecord =>
  freshCall({
    id: invite.callId,
    accountId: account.id,
    direction: 'inbound',
    from: invite.from,
    to: invite.to,
    createdAtMs: ports.clock.nowMs(),
    trunkId: invite.source.kind === 'trunk' ? invite.source.trunkId : null,
    deviceId: invite.source.kind === 'device' ? invite.source.deviceId : null,
    sipCallId: invite.sipCallId,
    received: invite.received ?? null,
  })
