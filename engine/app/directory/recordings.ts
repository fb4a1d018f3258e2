import { Failure } from '../../core/failures.ts'
import { type AccountId, isUuid, type RecordingId } from '../../core/ids.ts'
import type { RecordingFilter, RecordingRecord } from '../../core/ports/store.ts'
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

/** The file behind a recording. Failure `not_found` when it is gone from the disk. */
export async function audioOf(
  { recordingMedia }: DirectoryPorts,
  { path }: RecordingRecord,
): Promise<{ path: string; bytes: number; modifiedMs: number }> {
  const found = path === '' ? undefined : await recordingMedia.stat(path)
  if (!found) throw new Failure('not_found', 'The audio of this recording is not there any more')
  return { path, ...found }
}

/**
 * Deletes the record and the audio; false (and nothing is deleted) while it is still being recorded.
 * The row goes last: if the file can't be removed the recording is still listed and can be tried again.
 */
export async function removeRecording(
  ports: DirectoryPorts,
  account: AccountId,
  id: string,
): Promise<boolean> {
  const recording = await getRecording(ports, account, id)
  if (recording.status === 'in-progress') return false
  if (recording.path !== '') await ports.recordingMedia.remove(recording.path)
  await ports.store.recordings.remove(recording.id)
  return true
}
