import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Around } from '../conferences/around.ts'
import { requireUp } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import { untilOver } from '../program.ts'
import { callerIdOf } from '../transfer.ts'
import { Consultation } from './consultation.ts'

/**
 * Begins an attended transfer: whom the call talks to talks to somebody else first. Failures `not_found`, `call_ended`,
 * `call_not_answered`, `not_bridged`, `call_busy`, and those of `originate`.
 */
export async function consult(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  to: string,
): Promise<CallRecord> {
  const kept = await requireUp(ports, calls, account, id)
  const { bridge, partner } = kept
  if (!bridge || !partner) throw new Failure('not_bridged', 'nobody is there who could consult')
  if (!bridge.keep(kept)) throw new Failure('call_busy', 'a transfer is under way')
  let target: LiveCall
  try {
    target = await originate(ports, calls, {
      account: kept.made.account,
      to,
      from: callerIdOf(kept, to),
      ringTimeoutMs: ports.settings.ringTimeoutMs,
      parentId: kept.id,
      program: untilOver,
      onRinging: () => {
        kept.enqueue(() => kept.note('transfer.progress', { sipStatus: 180 }))
      },
    })
  } catch (error) {
    bridge.settle()
    throw error
  }
  new Consultation(ports, { bridge, kept, by: partner, target, to })
  return kept.record
}

/**
 * Ends an attended transfer that the call takes part in, in any of the three parts. Failures `not_found`, `call_ended`,
 * `call_not_answered`, and `no_transfer` when there is none (any more).
 */
export async function endConsultation(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  action: 'complete' | 'cancel',
): Promise<CallRecord> {
  const call = await requireUp(ports, calls, account, id)
  const { consultation } = call.acts
  if (!consultation) throw new Failure('no_transfer', 'no attended transfer is under way')
  if (action === 'complete') await consultation.complete()
  else await consultation.cancel()
  return call.record
}
