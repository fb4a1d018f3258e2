import type { CallRecord, TriggerFailure } from '../core/call.ts'
import type { ConferenceRecord } from '../core/conference.ts'
import { settledMoney } from '../core/money/call-money.ts'
import type { Ports } from './ports.ts'
import { type RecoverPorts, recoverRecordings } from './recordings/recover.ts'
import { streamsCutOff } from './streams/log.ts'

/**
 * Closes what the process left open when it died: every call and every conference that had begun gets an end and a reason, every
 * recording a true header, every stream of audio its end in the log, and no spoken name stays. Run once, before anything new begins. `lastAliveMs`: when the process that died was last
 * known to live. Returns how many of each there were.
 */
export async function recover(
  ports: RecoverPorts,
  lastAliveMs: number,
): Promise<{ calls: number; conferences: number; recordings: number }> {
  await emptyScratch(ports)
  const calls = await ports.store.calls.unfinished()
  for (const call of calls) await closeCall(ports, call, lastAliveMs)
  // To one that nobody has come to yet somebody may still come: `awaitMembers` opens it again.
  const unfinished = await ports.store.conferences.unfinished()
  const conferences = unfinished.filter(({ status }) => status !== 'init')
  for (const conference of conferences) await closeConference(ports, conference, lastAliveMs)
  const recordings = await recoverRecordings(ports)
  return {
    ...{ calls: calls.length, conferences: conferences.length },
    recordings,
  }
}

/** Names that callers have spoken at the door of a conference. */
async function emptyScratch({
  recordingFiles,
  log,
}: Pick<Ports, 'recordingFiles' | 'log'>): Promise<void> {
  try {
    await recordingFiles.emptyScratch()
  } catch (error) {
    log.warn('sound that was not to be kept is still there', { error: String(error) })
  }
}

/** Nobody is there any more: it ended with the process. */
async function closeConference(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  conference: ConferenceRecord,
  lastAliveMs: number,
): Promise<void> {
  const nowMs = clock.nowMs()
  const { id: conferenceId, createdAtMs, startedAtMs } = conference
  const endedAtMs = Math.max(createdAtMs, startedAtMs ?? 0, Math.min(nowMs, lastAliveMs))
  const endReason = 'process_restarted'
  const draft = {
    type: 'conference.ended',
    ...{ conferenceId, atMs: nowMs, data: { reason: endReason } },
  } as const
  await store.conferences.commit({ ...conference, status: 'completed', endReason, endedAtMs }, [
    { draft, participantCount: 0, participant: null },
  ])
}

/** It ended when the process did, not when somebody started it again. */
async function closeCall(
  ports: Pick<Ports, 'store' | 'clock'>,
  call: CallRecord,
  lastAliveMs: number,
): Promise<void> {
  const nowMs = ports.clock.nowMs()
  const endedAtMs = Math.max(call.createdAtMs, call.answeredAtMs ?? 0, Math.min(nowMs, lastAliveMs))
  const failure: TriggerFailure = 'trunk_error'
  const trigger =
    call.trigger && call.trigger.connectedAtMs === null && call.trigger.failure === null
      ? { ...call.trigger, failure }
      : call.trigger
  const endReason = 'process_restarted'
  const { answeredAtMs } = call
  const answeredMs = answeredAtMs === null ? null : endedAtMs - answeredAtMs
  // No more than was on hold for it: beyond that nobody has said that it may go on.
  const money = call.money && settledMoney(call.money, answeredMs, call.money.billing !== 'off')
  const over = { ...call, status: 'failed', endReason, endedAtMs, trigger, money } as const
  const log = await ports.store.events.ofCall(call.accountId, call.id)
  await ports.store.calls.commit(over, [
    ...streamsCutOff(log, endedAtMs, nowMs),
    { type: 'call.failed', callId: call.id, atMs: nowMs, data: { endReason } },
  ])
}
