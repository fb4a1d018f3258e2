import type { CallRecord, TriggerFailure } from '../core/call.ts'
import type { ConferenceRecord } from '../core/conference.ts'
import type { AccountId, CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type { RecordingRecord } from '../core/ports/store.ts'
import type { Ports } from './ports.ts'

/**
 * Closes what the process left open when it died: every call and every conference that had begun gets an end and a reason, every
 * recording a true header, and no spoken name stays. Run once, before anything new begins. `lastAliveMs`: when the process that died was last
 * known to live. Returns how many of each there were.
 */
export async function recover(
  ports: Pick<Ports, 'store' | 'clock' | 'recordingFiles' | 'log'>,
  lastAliveMs: number,
): Promise<{ calls: number; conferences: number; recordings: number }> {
  await emptyScratch(ports)
  const calls = await ports.store.calls.unfinished()
  for (const call of calls) await closeCall(ports, call, lastAliveMs)
  // To one that nobody has come to yet somebody may still come: `awaitMembers` opens it again.
  const unfinished = await ports.store.conferences.unfinished()
  const conferences = unfinished.filter(({ status }) => status !== 'init')
  for (const conference of conferences) await closeConference(ports, conference, lastAliveMs)
  const recordings = await ports.store.recordings.unfinished()
  for (const recording of recordings) {
    try {
      const { durationMs, bytes } = await ports.recordingFiles.repair(recording.path)
      await ports.store.recordings.save({ ...recording, status: 'completed', durationMs, bytes })
      await tellRecording(ports, recording)
    } catch (error) {
      ports.log.warn('recording lost', { recordingId: recording.id, error: String(error) })
      await ports.store.recordings.save({ ...recording, status: 'failed', failure: 'io_error' })
    }
  }
  return {
    ...{ calls: calls.length, conferences: conferences.length },
    recordings: recordings.length,
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

/** The call's own row names its recording. */
async function tellRecording(
  ports: Pick<Ports, 'store' | 'clock'>,
  { id, callId, conferenceId, accountId }: RecordingRecord,
): Promise<void> {
  if (conferenceId !== undefined) await tellConference(ports, accountId, conferenceId, id, callId)
  const call = callId === null ? undefined : await ports.store.calls.get(accountId, callId)
  if (!call) return
  const { id: of } = call
  await ports.store.calls.commit({ ...call, recordingId: id }, [
    {
      type: 'recording.completed',
      callId: of,
      atMs: ports.clock.nowMs(),
      data: { recordingId: id, reason: 'process_restarted' },
    },
  ])
}

async function tellConference(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  accountId: AccountId,
  conferenceId: ConferenceId,
  recordingId: RecordingId,
  callId: CallId | null,
): Promise<void> {
  const conference = await store.conferences.get(accountId, conferenceId)
  if (!conference) return
  const reason = 'process_restarted'
  const draft = {
    type: 'conference.recording-completed',
    ...{ conferenceId, atMs: clock.nowMs() },
    data: { ...(callId !== null && { callId }), recordingId, reason },
  } as const
  await store.conferences.commit(conference, [{ draft, participantCount: 0, participant: null }])
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
  await ports.store.calls.commit({ ...call, status: 'failed', endReason, endedAtMs, trigger }, [
    { type: 'call.failed', callId: call.id, atMs: nowMs, data: { endReason } },
  ])
}
