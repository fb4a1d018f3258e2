import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Around } from '../conferences/around.ts'
import { requireUp } from '../find-call.ts'
import { sendDigits } from '../send-digits.ts'

const shape = /^[0-9*#A-DwW,]{1,64}$/

/**
 * Begins to press keys for the call's phone; the event `digits.sent` tells when all are sent, and how many, but not
 * which: they may be a PIN. Failures `invalid_request`, `not_found`, `call_ended`, `call_not_answered`.
 */
export async function sendDigitsToCall(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  digits: string,
): Promise<CallRecord> {
  if (!shape.test(digits)) {
    throw new Failure('invalid_request', 'keys are 1 to 64 of 0-9 * # A-D w W ,', 'digits')
  }
  const call = await requireUp(ports, calls, account, id)
  const count = digits.replaceAll(/[wW,]/g, '').length
  sendDigits(ports, call, digits).then(
    () => call.enqueue(() => call.note('digits.sent', { count })),
    (error: unknown) => ports.log.warn('keys not sent', { callId: call.id, error: String(error) }),
  )
  return call.record
}
