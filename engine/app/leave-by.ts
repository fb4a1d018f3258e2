import type { TrunkId } from '../core/ids.ts'
import { isE164 } from '../core/numbers.ts'
import type { InviteRequest, SipTarget } from '../core/ports/sip.ts'
import { anonymous, callerOn, type ShownCaller } from '../core/trunk-caller.ts'
import { optionsOf } from '../core/trunk-options.ts'
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

/**
 * The name shown with the number. A trunk that is shown none but the account's numbers is shown no name
 * that a phone or another network gave itself.
 */
export const nameFor = (
  { made: { callerName } }: Pick<LiveCall, 'made'>,
  target: SipTarget,
): Pick<InviteRequest, 'callerName'> =>
  callerName === undefined ||
  (target.kind === 'trunk' && optionsOf(target.trunk).callerId.allow === 'owned')
    ? {}
    : { callerName }

/**
 * Who was called before, and the hops that are left. Whoever tells it may say what he likes: outside only the
 * account's numbers are passed on, and what a trusted trunk told.
 */
export async function onwardFor(
  ports: Pick<RoutePorts, 'store'>,
  { made: { account, onward = {} } }: Pick<LiveCall, 'made'>,
  target: SipTarget,
): Promise<Pick<InviteRequest, 'diversion' | 'maxForwards'>> {
  const { diversion, toldBy, ...rest } = onward
  if (diversion === undefined) return rest
  if (target.kind === 'device' || (await isTrusted(ports, toldBy))) return { ...rest, diversion }
  const owned = await Promise.all(
    diversion.map(async ({ from }) => isE164(from) && owns(ports, account, from)),
  )
  const ours = diversion.filter((_one, at) => owned[at])
  return ours.length === 0 ? rest : { ...rest, diversion: ours }
}

async function isTrusted(
  { store }: Pick<RoutePorts, 'store'>,
  id: TrunkId | null | undefined,
): Promise<boolean> {
  const trunk = id ? await store.trunks.get(id) : undefined
  return trunk !== undefined && optionsOf(trunk).trusted
}
