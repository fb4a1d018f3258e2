import type { CallRecord } from '../core/call.ts'

/** What a network says of a number, and not of our way of asking. */
const aboutTheNumber: ReadonlySet<number> = new Set([404, 410, 484, 604])

/** What a failed connection tells whoever asked for it: 503 only where another carrier might do better. */
export function refusalOf({ status, endReason }: CallRecord): number {
  if (status === 'busy') return 486
  if (endReason === 'declined') return 603
  const told = Number(/^rejected:(\d{3})$/.exec(endReason ?? '')?.[1])
  if (aboutTheNumber.has(told)) return told
  return endReason?.startsWith('trunk_error') ? 503 : 480
}
