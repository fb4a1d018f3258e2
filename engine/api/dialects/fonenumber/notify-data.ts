import { type CallRecord, isFinal } from '../../../core/call.ts'
import type { CallDelivery } from '../../../core/ports/store.ts'

/** All that a callback can say, in the order in which it is written. */
export const noticeFields = [
  'account_code',
  'direction',
  'status',
  'from',
  'to',
  'type',
  'disposition',
  'billable_seconds',
  'uid',
] as const
type NoticeField = (typeof noticeFields)[number]

/** What one callback says; `disposition` and `billable_seconds` are there when the call is over. */
export type Notice = Readonly<Partial<Record<NoticeField, string | number>>>

export function noticeOf({ call }: Pick<CallDelivery, 'call'>): Notice {
  const isOver = isFinal(call.status)
  return {
    account_code: call.accountId,
    direction: call.direction === 'outbound' ? 'OUTBOUND' : 'INBOUND',
    status: isOver ? 'END' : 'BEGIN',
    from: call.from,
    to: call.to,
    type: 'VOICE',
    ...(isOver && { disposition: dispositionOf(call), billable_seconds: billableSeconds(call) }),
    uid: call.id,
  }
}

/** What became of a call that is over, in this API's words. */
export function dispositionOf({
  status,
  answeredAtMs,
  endReason,
}: Pick<CallRecord, 'status' | 'answeredAtMs' | 'endReason'>): string {
  if (answeredAtMs !== null) return 'ANSWERED'
  switch (status) {
    case 'busy':
      return 'BUSY'
    case 'no-answer':
      return 'NO_ANSWER'
    case 'canceled':
      return 'CANCEL'
    default:
      return failedDisposition(endReason ?? '')
  }
}

/** Final responses that say that the number is none, or nobody's any more. */
const invalidNumber: ReadonlySet<string> = new Set(['404', '410', '484', '604'])

function failedDisposition(endReason: string): string {
  if (endReason === 'declined') return 'REJECTED'
  const [, why, sipStatus] = /^(.*):(\d{3})$/.exec(endReason) ?? []
  if (why === undefined || sipStatus === undefined) return 'FAILED'
  if (why !== 'rejected') return `FAILED:${sipStatus}`
  return invalidNumber.has(sipStatus) ? 'INVALID' : 'REJECTED'
}

/** Seconds begun since the answer, as the price list counts minutes begun; 0 without an answer. */
function billableSeconds({ answeredAtMs, endedAtMs }: CallRecord): number {
  if (answeredAtMs === null || endedAtMs === null) return 0
  return Math.ceil(Math.max(0, endedAtMs - answeredAtMs) / 1_000)
}
