import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Account } from '../../core/ports/store.ts'
import type { Around } from '../conferences/around.ts'
import { requireUp } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import type { Run } from '../program.ts'
import { callerIdOf } from '../transfer.ts'
import { connectCalls } from './bridging.ts'
import type { Place } from './parking-lot.ts'

/** Who picks a parked call up: a call of the account that is up, or somebody who is called for it. */
export type PickUpBy = { readonly callId: CallId } | { readonly to: string }

/** Which: what is on that slot, or that call. */
export type Parked = { readonly slot: string } | { readonly callId: CallId }

/**
 * Resolves to the call that picks it up. Somebody who is called gets it when he answers, unless another one was
 * faster: then he is hung up. Failures `not_found` for nothing that is parked there, those of `bridgeCalls` and of
 * `originate`.
 */
export async function pickUp(
  around: Around,
  account: Account,
  parked: Parked,
  by: PickUpBy,
): Promise<CallRecord> {
  const { ports, calls } = around
  const place = placeOf(around, account.id, parked)
  if ('callId' in by) {
    const call = await requireUp(ports, calls, account.id, by.callId)
    if (call === place.call) {
      throw new Failure('invalid_request', 'a call can not pick itself up', 'call_id')
    }
    await take(around, place, call)
    return call.record
  }
  const call = await originate(ports, calls, {
    account,
    to: by.to,
    from: callerIdOf(place.call, by.to),
    ringTimeoutMs: ports.settings.ringTimeoutMs,
    program: (run) => take(around, place, run.call),
  })
  return call.record
}

/** The verb: goes on with the list where nothing is parked, and never when it was. */
export async function pickUpHere(run: Run, slot: string): Promise<void> {
  const place = run.calls.parkingLot.at(run.call.made.account.id, slot)
  if (place && place.call !== run.call) await take(run, place, run.call)
}

/** Failure `not_found` when somebody was faster. */
async function take(around: Around, place: Place, by: LiveCall): Promise<void> {
  if (place.call.acts.place !== place) throw new Failure('not_found', gone)
  place.end = 'picked_up'
  try {
    await connectCalls(around, by, place.call)
  } catch (error) {
    if (place.call.acts.place === place) place.end = undefined
    throw error
  }
}

const gone = 'no call is parked there'

function placeOf({ calls }: Around, account: AccountId, parked: Parked): Place {
  const place =
    'slot' in parked
      ? calls.parkingLot.at(account, parked.slot)
      : calls.parkingLot.of(account).find(({ call }) => call.id === parked.callId)
  if (!place) throw new Failure('not_found', gone)
  return place
}
