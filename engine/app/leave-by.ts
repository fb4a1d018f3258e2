import type { LegOptions } from '../core/ports/media.ts'
import type { SipTarget } from '../core/ports/sip.ts'
import { anonymous, callerOn, type ShownCaller } from '../core/trunk-caller.ts'
import type { LiveCall } from './live-call.ts'
import { owns, type RoutePorts } from './route.ts'

/** Who is shown as the caller at the end of the way that a call goes now. */
export async function shownTo(
  ports: Pick<RoutePorts, 'store'>,
  { record: { from }, made: { account } }: Pick<LiveCall, 'record' | 'made'>,
  target: SipTarget,
): Promise<ShownCaller> {
  if (target.kind !== 'trunk') return { callerId: from, withheld: from === anonymous }
  const owned = await owns(ports, account, from)
  return callerOn(target.trunk, { number: from, owned, fallback: account.defaultNumber })
}

/** The codecs that a trunk prefers, where it says so. */
export const codecsFor = (target: SipTarget): LegOptions =>
  target.kind === 'trunk' && target.trunk.codecs ? { codecs: target.trunk.codecs } : {}
