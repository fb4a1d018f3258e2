import { Failure } from '../core/failures.ts'
import type { IncomingInvite } from '../core/ports/sip.ts'
import { Seat } from './bridge.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import type { Program } from './program.ts'
import { answer } from './verbs/answer.ts'
import { sitUntilVacated } from './verbs/dial.ts'

/**
 * The call whose place an INVITE with Replaces wants (RFC 3891). Failures `call_ended`, also for calls of
 * other accounts (nobody shall learn that they exist), and `call_busy` for one that has no place to give.
 */
export async function placeOf(
  ports: Ports,
  calls: LiveCalls,
  invite: IncomingInvite,
): Promise<LiveCall> {
  const { replaces, source } = invite
  const place = replaces && calls.get(replaces)
  const device =
    source.kind === 'device' ? await ports.store.devices.byUsername(source.username) : undefined
  if (!place || device?.accountId !== place.made.account.id) {
    throw new Failure('call_ended', 'there is no such call to be replaced')
  }
  if (!place.bridge || place.bridge.kept) {
    throw new Failure('call_busy', 'it talks to a program, or is being transferred')
  }
  return place
}

/** Is answered and talks to whom the other call talked to, which is hung up. */
export const takePlaceOf =
  (place: LiveCall): Program =>
  async (run) => {
    run.call.towards = place.partner
    if (!(await answer(run))) return
    const { bridge } = place
    const partner = place.partner
    if (!bridge || !partner || !bridge.keep(partner)) return
    const seat = new Seat(run.call, 'hangUp')
    try {
      await bridge.replace(place, seat)
    } finally {
      bridge.settle()
    }
    place.feed({ is: 'hangup', by: 'peer' })
    await sitUntilVacated(run, seat)
  }
