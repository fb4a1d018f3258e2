import { Failure } from '../../core/failures.ts'
import { type AccountId, type CallId, isUuid, type RecordingId } from '../../core/ids.ts'
import type { RecordingFilter, RecordingRecord } from '../../core/ports/recordings.ts'
import type { CallParties } from '../../core/ports/store.ts'
import type { DirectoryPorts } from './ports.ts'

type Recordings = { recordings: RecordingRecord[]; total: number }

export async function listRecordings(
  { store }: DirectoryPorts,
  account: AccountId,
  filter: RecordingFilter,
): Promise<Recordings> {
  return store.recordings.list(account, filter)
}

/** Failure `not_found`. */
export async function getRecording(
  { store }: DirectoryPorts,
  account: AccountId,
  id: string,
): Promise<RecordingRecord> {
  const found = isUuid(id) ? await store.recordings.get(account, id as RecordingId) : undefined
  if (!found) throw new Failure('not_found', 'There is no such recording')
  return found
}

/** Who talked, by the calls of these recordings; those of a conference have none. */
export async function recordingParties(
  { store }: DirectoryPorts,
  account: AccountId,
  recordings: readonly Pick<RecordingRecord, 'callId'>[],
): Promise<ReadonlyMap<CallId | null, CallParties>> {
  const ids = recordings.map(({ callId }) => callId).filter((id) => id !== null)
  return store.calls.parties(account, [...new Set(ids)])
}

/**
 * Deletes the record and the audio for good; false (and nothing is deleted) while it is still being recorded. Failures
 * `not_found`, `recording_on_hold`.
 */
export async function removeRecording(
  ports: DirectoryPorts,
  account: AccountId,
  id: string,
): Promise<boolean> {
  const recording = await getRecording(ports, account, id)
  if (recording.status === 'in-progress') return false
  await ports.deleteRecording(recording, { by: 'api', why: 'deleted by request' })
  return true
}
