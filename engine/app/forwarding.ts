import type { CallRecord, Diversion } from '../core/call.ts'
import type { TrunkId } from '../core/ids.ts'
import type { InviteRequest } from '../core/ports/sip.ts'

/** A call that was diverted so often is not sent on: somebody goes round in circles. */
const maxDiversions = 5

export interface Onward extends Pick<InviteRequest, 'diversion' | 'maxForwards'> {
  /** The trunk whose call goes on; null where a device's does. */
  readonly toldBy?: TrunkId | null
}

/** Why a call must not be sent on: the SIP status that its caller is told; undefined where it may. */
export function circleOf({ received }: CallRecord): 482 | 483 | undefined {
  if (!received) return undefined
  if (received.maxForwards <= 1) return 483
  const times = received.diversion.reduce((sum, { counter }) => sum + counter, 0)
  return times >= maxDiversions ? 482 : undefined
}

/** What the INVITE of a call that goes on from here tells; `by` is who sent it on, if somebody did. */
export function onwardOf(
  { received, trunkId }: CallRecord,
  by?: Omit<Diversion, 'counter'>,
): Onward {
  if (!received) return {}
  const diversion = [...(by ? [{ ...by, counter: 1 }] : []), ...received.diversion]
  return {
    maxForwards: received.maxForwards - 1,
    toldBy: trunkId,
    ...(diversion.length === 0 ? {} : { diversion }),
  }
}
