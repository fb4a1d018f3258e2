import type { CallRecord } from '../../../core/call.ts'
import { Failure } from '../../../core/failures.ts'
import { isoTime } from '../../times.ts'

/** What is shown of a call; the document promises the id. */
export function renderCall({ id, from, to, status, answeredAtMs }: CallRecord) {
  return {
    id,
    fonenumber: from,
    to,
    status,
    answered_at: isoTime(answeredAtMs),
  }
}

/** Why nobody picked up; undefined for a call that was answered, whatever became of it then. */
export function refusalOf(call: CallRecord): Failure | undefined {
  if (call.answeredAtMs !== null) return undefined
  switch (call.status) {
    case 'busy':
      return new Failure('callee_busy', 'The person called is busy')
    case 'no-answer':
      return new Failure('callee_no_answer', 'Nobody answered')
    case 'canceled':
      return new Failure('call_canceled', 'The call was canceled before it was answered')
    default:
      return isRejected(call.endReason)
        ? new Failure('callee_rejected', 'The call was rejected')
        : new Failure('call_failed', `The call could not be made (${call.endReason ?? 'unknown'})`)
  }
}

const isRejected = (reason: string | null): boolean =>
  reason === 'declined' || reason?.startsWith('rejected:') === true
