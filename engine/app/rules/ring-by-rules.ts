import type { CallRecord } from '../../core/call.ts'
import { Failure, type FailureCode } from '../../core/failures.ts'
import type { ForwardReason } from '../../core/forwarding.ts'
import type { LiveCall } from '../live-call.ts'
import type { Run } from '../program.ts'
import type { DialResult, DialTerms } from '../verbs/dial.ts'
import { type Forwarded, forward } from './forward.ts'
import { type Ruled, ringMsOf, ruleFor } from './rules.ts'

/** Rings whoever it is, for no longer than that. */
export type Ring = (
  terms: Pick<DialTerms, 'onInvited'> & Partial<Pick<DialTerms, 'timeoutMs'>>,
) => Promise<DialResult>

export type Rung = ({ readonly is: 'rung' } & DialResult) | Forwarded

/**
 * Rings somebody for the call, and sends it on as the rules say when he does not take it, or without ringing him. What
 * one of several has answered goes nowhere else. Failures of `ring` for which there is no rule. `hops`: how often the
 * call was sent on already.
 */
export async function ringByRules(
  run: Run,
  ruled: readonly Ruled[],
  ring: Ring,
  hops = 0,
): Promise<Rung> {
  const send = (reason: ForwardReason) => sendOn(run, ruled, reason, hops)
  const always = await send('always')
  if (always) return always
  const timeoutMs = ringMsOf(ruled)
  let hasRung = false
  const onInvited = (other: LiveCall) => {
    void other.rings.promise.then(() => {
      hasRung = true
    })
  }
  let result: DialResult
  try {
    result = await ring({ onInvited, ...(timeoutMs !== undefined && { timeoutMs }) })
  } catch (error) {
    if (!(error instanceof Failure) || !isUnreachable.has(error.code)) throw error
    const sent = await send('unreachable')
    if (sent) return sent
    throw error
  }
  const reason = result.connected ? undefined : reasonOf(result.other, hasRung)
  return (reason && (await send(reason))) ?? { is: 'rung', ...result }
}

/** As a rule says; undefined where there is none, or the caller has gone. Failures of `forward`. */
export async function sendOn(
  run: Run,
  ruled: readonly Ruled[],
  reason: ForwardReason,
  hops = 0,
): Promise<Rung | undefined> {
  const rule = ruleFor(ruled, reason)
  return rule && !run.signal.aborted ? forward(run, rule, reason, hops) : undefined
}

/** There is no way to his phone now. */
const isUnreachable: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'device_not_registered',
  'no_route',
  'trunk_busy',
])

/** Why somebody has not taken the call; undefined where its caller has given up. */
function reasonOf({ status, endReason }: CallRecord, hasRung: boolean): ForwardReason | undefined {
  if (status === 'busy' || endReason === 'declined') return 'busy'
  if (status === 'no-answer') return hasRung ? 'no-answer' : 'unreachable'
  return status === 'failed' ? 'unreachable' : undefined
}
