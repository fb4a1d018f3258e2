import type { CallCentre } from '../../../app/call-centre.ts'
import { type CallRecord, isFinal, type TriggerFailure } from '../../../core/call.ts'
import { costOfCall, settledMoney } from '../../../core/money/call-money.ts'
import type { MoneyAccount } from '../../../core/money/ledger.ts'
import { renderCallId } from './call-id.ts'
import type { Status } from './schema.ts'

const credits = (micro: number): number => micro / 1_000_000

type Times = ReturnType<CallCentre['connectTimes']>

/** In whole seconds, from what half of the calls needed to what nine of ten did. */
function estimateOf(times: Times): string {
  if (times === undefined) return '2-3 seconds'
  const least = Math.floor(times.p50Ms / 1000)
  return `${least}-${Math.max(least + 1, Math.ceil(times.p90Ms / 1000))} seconds`
}

/** The answer to trigger-call: what is known at once. */
export function renderAccepted(call: CallRecord, times: Times) {
  return {
    success: true,
    callId: renderCallId(call.id),
    status: statusOf(call),
    agentPhone: call.to,
    leadPhone: call.trigger?.leadPhone ?? null,
    estimatedConnectTime: estimateOf(times),
    creditsUsed: credits(call.trigger?.creditsUsedMicro ?? 0),
  }
}

/** The status lookup. `call` is the agent's, `children` the lead's (none before the key). */
export function renderLookup(
  call: CallRecord,
  children: readonly CallRecord[],
  recordingUrl: string | null,
  times: Times,
) {
  const { trigger } = call
  const status = statusOf(call)
  return {
    ...renderAccepted(call, times),
    leadName: trigger?.leadName ?? null,
    source: trigger?.source ?? null,
    reason: status === 'failed' ? reasonOf(call) : null,
    duration: isFinal(call.status) ? connectedSeconds(call) : null,
    cost: isFinal(call.status) ? costOf([call, ...children], call.endedAtMs) : null,
    metadata: trigger?.metadata ?? null,
    recordingUrl,
    voiceCallId: call.id,
  }
}

/** `connected` means that the lead is on the line; a call of another API is that when it is answered. */
function statusOf(call: CallRecord): Status {
  const connectedAtMs = connectedAt(call)
  if (isFinal(call.status)) return connectedAtMs === null ? 'failed' : 'completed'
  if (connectedAtMs !== null) return 'connected'
  return call.status === 'queued' ? 'initiated' : 'ringing'
}

const connectedAt = ({ trigger, answeredAtMs }: CallRecord): number | null =>
  trigger ? trigger.connectedAtMs : answeredAtMs

function connectedSeconds(call: CallRecord): number {
  const connectedAtMs = connectedAt(call)
  if (connectedAtMs === null || call.endedAtMs === null) return 0
  return Math.round(Math.max(0, call.endedAtMs - connectedAtMs) / 1000)
}

/** Each answered leg by its own minutes, from its own answer; a leg that is still being taken down ends with the call. */
function costOf(legs: readonly CallRecord[], callEndedAtMs: number | null): number {
  let micro = 0
  for (const leg of legs) micro += costOfLeg(leg, callEndedAtMs)
  return credits(micro)
}

function costOfLeg(leg: CallRecord, callEndedAtMs: number | null): number {
  const known = costOfCall(leg)
  if (known !== null || callEndedAtMs === null || !leg.money) {
    return (known ?? costOfCall({ ...leg, endedAtMs: callEndedAtMs }))?.micro ?? 0
  }
  const { answeredAtMs } = leg
  const answeredMs = answeredAtMs === null ? null : Math.max(0, callEndedAtMs - answeredAtMs)
  return settledMoney(leg.money, answeredMs).costMicro ?? 0
}

/** The balance lookup. */
export const renderBalance = ({ billing, currency, balanceMicro, heldMicro }: MoneyAccount) => ({
  success: true,
  balance: credits(balanceMicro),
  held: credits(heldMicro),
  currency,
  billing,
})

/** The use case names the failure; a call of another API has only its status to tell it by. */
function reasonOf({ trigger, status }: CallRecord): TriggerFailure {
  if (trigger?.failure) return trigger.failure
  if (status === 'busy') return 'agent_declined'
  return status === 'no-answer' || status === 'canceled' ? 'agent_no_answer' : 'trunk_error'
}
