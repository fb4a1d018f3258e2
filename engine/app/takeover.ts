import { Failure } from '../core/failures.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { LegOptions } from '../core/ports/media.ts'
import type { IncomingInvite } from '../core/ports/sip.ts'
import { settleHeld } from './conferences/held.ts'
import { playHoldMusic } from './hold-music.ts'
import { inTurn } from './in-turn.ts'
import { mediaIn } from './leg-options.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { unparkCall } from './park.ts'
import type { Ports } from './ports.ts'

/**
 * A token for a call of this device that is up. Failures `not_found` for a call that is no call of it,
 * `call_ended`, `call_not_answered`.
 */
export function permitTakeover(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  username: string,
  id: CallId,
): { token: string; expiresAtMs: number } {
  const call = calls.get(id)
  if (!call || call.made.account.id !== account || usernameOf(call) !== username) {
    throw new Failure('not_found', 'The device has no such call that is not over')
  }
  if (call.state.at === 'ended') throw new Failure('call_ended', 'The call is over')
  if (call.state.at !== 'up') throw new Failure('call_not_answered', 'The call is not answered yet')
  return calls.takeovers.issue(id, username, ports.clock.nowMs())
}

/**
 * An INVITE with a takeover token: the call goes on with this phone in the place of the one that it had, which is hung
 * up. Bridge, recording and program do not notice. Failure `call_ended` for a token that is not good (any more), and
 * those of an offer that can't be used; then all is as it was.
 */
export async function takeOver(
  ports: Ports,
  calls: LiveCalls,
  invite: IncomingInvite,
  token: string,
): Promise<void> {
  const { source, callId: coming, sdp } = invite
  const username = source.kind === 'device' ? source.username : ''
  const id = calls.takeovers.redeem(token, username, ports.clock.nowMs())
  const call = id === undefined ? undefined : calls.get(id)
  if (call?.state.at !== 'up')
    throw new Failure('call_ended', 'there is no such call to go on with')
  if (sdp === undefined) throw new Failure('invalid_request', 'a takeover brings its offer', 'sdp')
  const device = await ports.store.devices.byUsername(username)
  const { options, unusable } = mediaIn(ports.media, invite, device)
  if (unusable !== undefined) throw new Failure('invalid_request', unusable, 'sdp')
  try {
    const answer = await ports.media.answer(coming, sdp, options)
    await inTurn(call, () => changePhone(ports, call, invite, answer, options))
    // The phone that it had may have been on hold.
    settleHeld({ ports, calls }, call)
  } catch (error) {
    await ports.media.close(coming)
    throw error
  }
}

async function changePhone(
  ports: Ports,
  call: LiveCall,
  { callId: coming, sipCallId }: IncomingInvite,
  answer: string,
  options: LegOptions,
): Promise<void> {
  if (call.state.at !== 'up') throw new Failure('call_ended', 'the call is over')
  if (!ports.sip.takeOver(call.id, coming)) {
    throw new Failure('call_ended', 'whoever wanted to go on with the call has given up')
  }
  try {
    await ports.media.adopt(call.id, coming)
  } catch (error) {
    // The phone that it had is hung up, and the one that came has no audio.
    call.feed({ is: 'fail', cause: { is: 'failed', reason: 'media_error' } })
    throw error
  }
  ports.sip.accept(call.id, answer)
  call.leg = options
  call.hold.byPhone = false
  call.hold.byUs = false
  call.record = { ...call.record, sipCallId }
  unparkCall(ports, call)
  call.enqueue(async () => {
    playHoldMusic(ports, call)
    if (call.partner) playHoldMusic(ports, call.partner)
    await call.note('call.taken-over')
  })
}

/** The device whose phone the call has. */
function usernameOf(call: LiveCall): string | undefined {
  const { device, ways } = call.made
  if (device) return device.username
  return ways?.target.kind === 'device' ? ways.target.username : undefined
}
