import type { AccountId, CallId } from '../core/ids.ts'
import type { LegStatistics } from '../core/ports/media.ts'
import { type CallQuality, callQuality } from '../core/quality.ts'
import { find } from './find-call.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'

/** How calls sound: while they are up, when that changes, and what is kept of it. */

const told = ({ mos, ...figures }: CallQuality) => ({
  ...figures,
  mos: mos?.value ?? null,
  mosGrounded: mos?.grounded ?? null,
})

/** The leg is over: what it was goes into the record, the log and the figures. */
export async function keepQuality(
  ports: Ports,
  call: LiveCall,
  statistics: LegStatistics,
): Promise<void> {
  const quality = callQuality(statistics)
  if (quality === null) return
  ports.metrics.legQuality(quality)
  await call.amend((record) => ({ ...record, quality }), 'call.quality', told(quality))
}

export function qualityChanged(
  call: LiveCall | undefined,
  change: 'degraded' | 'restored',
  statistics: LegStatistics,
): void {
  const quality = callQuality(statistics)
  if (quality) call?.enqueue(() => call.note(`quality.${change}`, told(quality)))
}

/** Failure `not_found`. */
export async function qualityOf(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
): Promise<CallQuality | null> {
  const stored = await find(ports, account, id)
  const live = calls.get(id)
  if (!live || live.state.at === 'ended') return live?.record.quality ?? stored.quality
  return callQuality(await ports.media.figures(id))
}
