import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import { settleHeld } from './conferences/held.ts'
import { requireUp } from './find-call.ts'
import { playHoldMusic, playOtherMusic } from './hold-music.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { musicAt } from './music.ts'
import type { Ports } from './ports.ts'

/** The phone began or ceased to hold us; its partner hears music meanwhile. */
export function heldByPhone(ports: Ports, call: LiveCall, held: boolean): void {
  call.enqueue(async () => {
    if (call.hold.byPhone === held) return
    call.hold.byPhone = held
    // Before the answer it says only that there is no early media.
    if (call.state.at !== 'up') return
    await call.note(held ? 'call.held' : 'call.resumed', { by: 'remote' })
    if (call.partner) playHoldMusic(ports, call.partner)
  })
}

/**
 * Holds a phone by a re-INVITE (music, or what is at `musicUrl`, and nobody hears it) or ends that; what is so already
 * stays, but for the music. Failures of prompts, `not_found`, `call_ended`, `call_not_answered`, and `call_failed` when the phone does not agree.
 */
export async function holdCall(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
  held: boolean,
  musicUrl?: string,
): Promise<CallRecord> {
  const call = await requireUp(ports, calls, account, id)
  const { hold } = call
  const music = musicUrl === undefined ? undefined : await musicAt(ports, musicUrl, account)
  const change = hold.lastChange.then(async () => {
    if (held && !hold.byUs) hold.ownMusic = music
    await setHold(ports, call, held)
    if (held) playOtherMusic(ports, call, music)
  })
  hold.lastChange = change.catch(() => undefined)
  await change
  settleHeld({ ports, calls }, call)
  return call.record
}

async function setHold(ports: Ports, call: LiveCall, held: boolean): Promise<void> {
  const { hold } = call
  if (hold.byUs === held) return
  const direction = held ? 'sendonly' : 'sendrecv'
  const answer = await ports.sip.reoffer(call.id, async () => {
    // Its port is given back: an offer would open another one, for ever.
    if (call.state.at !== 'up') throw new Failure('call_ended', 'the call is over')
    return ports.media.offer(call.id, { ...call.leg, direction })
  })
  await ports.media.complete(call.id, answer, call.leg)
  hold.byUs = held
  if (!held) hold.ownMusic = undefined
  playHoldMusic(ports, call)
  const told = Promise.withResolvers<void>()
  call.enqueue(async () => {
    await call.note(held ? 'call.held' : 'call.resumed', { by: 'api' })
    told.resolve()
  })
  await told.promise
}
