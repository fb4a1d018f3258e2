import type { Metrics } from '../core/ports/observe.ts'
import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'

/** "Under 3 seconds" is what the Voice API document promises for a call to begin. */
const budgetMs = 3_000

/** Notes how long a step of a call took; more than was promised is told in the log and counted. */
export function observeStep(
  { metrics, clock, log }: Ports,
  call: LiveCall,
  step: Parameters<Metrics['observeMs']>[0],
  sinceMs: number,
): void {
  const tookMs = clock.monotonicMs() - sinceMs
  metrics.observeMs(step, tookMs)
  if (tookMs <= budgetMs) return
  metrics.overBudget(step)
  log.warn('slower than promised', { callId: call.id, step, tookMs })
}
