import { standingOf } from '../core/account-standing.ts'
import { type CallRecord, freshCall } from '../core/call.ts'
import { Failure, type FailureCode } from '../core/failures.ts'
import type { CallMoney } from '../core/money/call-money.ts'
import { isE164 } from '../core/numbers.ts'
import type { IncomingInvite } from '../core/ports/sip.ts'
import type { Account, DeviceRecord } from '../core/ports/store.ts'
import { anonymous } from '../core/trunk-caller.ts'
import { connectTo, numberProgram } from './incoming-programs.ts'
import { mediaIn } from './leg-options.ts'
import type { LiveCalls } from './live-calls.ts'
import { moneyFor } from './money/money-for.ts'
import type { Ports } from './ports.ts'
import type { Program } from './program.ts'
import { placeOf, takePlaceOf } from './take-place.ts'
import { takeOver } from './takeover.ts'
import { starCodeProgram } from './voicemail/owner/star-codes.ts'

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
  account_suspended: 403,
  insufficient_credits: 480,
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
  const standing = standingOf((await ports.store.accounts.get(destined.account.id)) ?? {})
  if (standing) throw standing
  const media = mediaIn(ports.media, invite, device)
  const { account } = destined
  const money = await moneyFor(ports, account, {
    direction: 'inbound',
    number: invite.source.kind === 'trunk' ? invite.to : undefined,
  })
  await calls.begin({
    account,
    record: recordOf(ports, account, invite, money),
    program: media.unusable === undefined ? destined.program : refusing(media.unusable),
    media,
    ringTimeoutMs: unansweredLimitMs,
    ...(invite.sdp === undefined ? {} : { remoteOffer: invite.sdp }),
    ...(device && { device }),
    ...(invite.fromName !== null && { callerName: invite.fromName }),
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
    return account && { account, program: await numberProgram(ports, owned, invite) }
  }
  return device && dialledByDevice(ports, invite, device)
}

/** A device dials: a star code, another device of its account, or a number through a trunk. */
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
  const program = starCodeProgram(invite.to)
  if (program) return { account, program }
  const other = await ports.store.devices.byUsername(invite.to)
  if (other?.accountId !== account.id) return undefined
  return { account, program: connectTo(invite.to, invite) }
}

const recordOf = (
  ports: Ports,
  account: Account,
  invite: IncomingInvite,
  money: CallMoney,
): CallRecord =>
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
    money,
  })
