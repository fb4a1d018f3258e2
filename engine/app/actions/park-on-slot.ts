import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Around } from '../conferences/around.ts'
import { requireStillUp, requireUp } from '../find-call.ts'
import { playHoldMusic } from '../hold-music.ts'
import type { LiveCall } from '../live-call.ts'
import { musicAt } from '../music.ts'
import { type Run, startProgram } from '../program.ts'
import { runInstructions } from '../verbs/redirect.ts'
import { wait } from '../wait.ts'
import { depart, leaveConference, requireFree } from './depart.ts'
import type { Place } from './parking-lot.ts'

export interface Park {
  /** 1 to 32 letters, digits, `_` and `-`. */
  readonly slot?: string
  /** How long it waits there, in milliseconds. */
  readonly timeoutMs?: number
  /** Asked then what the call is to do; without it the call is hung up. */
  readonly timeoutUrl?: string
  /** A sound, or `music:<class>`, in place of the usual music. */
  readonly musicUrl?: string
}

const defaultTimeoutMs = 300_000
const slotShape = /^[A-Za-z0-9_-]{1,32}$/

/**
 * Puts a call on a slot, out of whatever it was doing; its phone hears music until somebody picks it up. Failures
 * `invalid_request`, `not_found`, `call_ended`, `call_not_answered`, `call_busy`, `already_exists` for a slot on which
 * there is another call, and those of prompts and of a URL's check.
 */
export async function parkOnSlot(
  around: Around,
  account: AccountId,
  id: CallId,
  wanted: Park,
): Promise<Place> {
  const { ports, calls } = around
  const call = await requireUp(ports, calls, account, id)
  const [place, timeoutUrl] = await takeSlot(around, call, wanted)
  startProgram(call, calls, ports, async (run) => {
    try {
      await leaveConference(around, call)
    } catch (error) {
      calls.parkingLot.free(place)
      throw error
    }
    await stayOnSlot(run, place, timeoutUrl)
  })
  return place
}

/** The same as part of a call's program: goes on when nobody has picked it up. */
export async function parkHere(run: Run, wanted: Park): Promise<void> {
  const [place, timeoutUrl] = await takeSlot(run, run.call, wanted)
  await stayOnSlot(run, place, timeoutUrl)
}

async function takeSlot(
  { ports, calls }: Around,
  call: LiveCall,
  { slot, timeoutMs = defaultTimeoutMs, timeoutUrl, musicUrl }: Park,
): Promise<readonly [Place, string | undefined]> {
  if (slot !== undefined && !slotShape.test(slot)) {
    const text = 'a slot is 1 to 32 letters, digits, _ and -'
    throw new Failure('invalid_request', text, 'slot')
  }
  if (timeoutUrl !== undefined) ports.web.checkUrl(timeoutUrl, 'timeout_url')
  const music =
    musicUrl === undefined ? undefined : await musicAt(ports, musicUrl, call.record.accountId)
  requireStillUp(call)
  requireFree(call)
  const old = call.acts.place
  const parkedAtMs = ports.clock.nowMs()
  // Before it is taken out of anything: where there is no slot it goes on with whatever it does.
  const place = calls.parkingLot.take({ call, parkedAtMs, timeoutMs, music }, slot)
  if (old) calls.parkingLot.free(old)
  depart(call)
  return [place, timeoutUrl]
}

async function stayOnSlot(run: Run, place: Place, timeoutUrl: string | undefined): Promise<void> {
  const { call, calls, ports, signal } = run
  const { slot, timeoutMs } = place
  call.acts.place = place
  playHoldMusic(ports, call)
  try {
    await call.note('park.started', { slot, timeoutMs })
    if ((await wait(ports.clock, timeoutMs, signal)) === 'elapsed') place.end ??= 'timeout'
  } finally {
    calls.parkingLot.free(place)
    if (call.acts.place === place) call.acts.place = undefined
    playHoldMusic(ports, call)
    const reason = place.end ?? (call.state.at === 'up' ? 'moved' : 'hung_up')
    await call.note('park.ended', { slot, reason })
  }
  if (timeoutUrl === undefined || signal.aborted) return
  await runInstructions(run, { url: timeoutUrl, method: 'POST', extra: { slot } })
}
