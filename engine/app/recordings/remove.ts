import { Failure } from '../../core/failures.ts'
import type { DeletionReason, RecordingRecord } from '../../core/ports/recordings.ts'
import type { Ports } from '../ports.ts'
import { pauseAfter } from './backoff.ts'

export type RemovePorts = Pick<Ports, 'store' | 'recordingSteps' | 'clock' | 'log'> & {
  readonly recordingFiles: Pick<Ports['recordingFiles'], 'erase'>
}

const pauses = { firstMs: 5_000, longestMs: 3_600_000 }
const atOnce = 100

/**
 * Deletes a recording for good: from here on nobody finds it and its key is gone; its file, its copies and what was made
 * of it follow, if need be after a restart. Returns when they are gone, or could not be removed at once. Failures
 * `not_found`, `recording_in_progress`, `recording_on_hold`.
 */
export async function deleteRecording(
  ports: RemovePorts,
  recording: RecordingRecord,
  reason: DeletionReason,
): Promise<void> {
  if (recording.status === 'in-progress')
    throw new Failure('recording_in_progress', 'The recording is not finished')
  const { recordings } = ports.store
  // An upload may have begun, or ended, since it was looked up.
  const now = (await recordings.get(recording.accountId, recording.id)) ?? recording
  const begun = await recordings.beginDeletion(recording, reason, ports.clock.nowMs())
  if (begun === 'gone') throw new Failure('not_found', 'There is no such recording')
  if (begun === 'held')
    throw new Failure('recording_on_hold', 'The recording is on hold: nobody may delete it')
  await finishDeletion(ports, now)
}

/** Whether it is done; if not, it is tried again later (`Deletions`). Never rejects. */
async function finishDeletion(ports: RemovePorts, recording: RecordingRecord): Promise<boolean> {
  const { store, recordingFiles, recordingSteps, log } = ports
  try {
    await recordingFiles.erase(recording)
    for (const erased of recordingSteps.erased) await erased(recording)
    await store.recordings.remove(recording.id)
    return true
  } catch (error) {
    log.error('a recording is not wholly deleted yet', {
      recordingId: recording.id,
      error: String(error),
    })
    return false
  }
}

/** Finishes deletions that stopped half-way, those of a process that died too. Returns how to stop. */
export function finishDeletions(ports: RemovePorts): () => void {
  const { clock, log, store } = ports
  let isOver = false
  let failures = 0
  let disarm: () => void = () => undefined
  const look = async (): Promise<void> => {
    let isDone = true
    try {
      const deleting = await store.recordings.deleting(atOnce)
      for (const recording of deleting) {
        if (isOver) return
        isDone = (await finishDeletion(ports, recording)) && isDone
      }
    } catch (error) {
      isDone = false
      log.error('deletions could not be looked up', { error: String(error) })
    }
    failures = isDone ? 0 : failures + 1
    const waitMs = isDone ? idleMs : pauseAfter(failures, pauses)
    if (!isOver) disarm = clock.after(waitMs, () => void look())
  }
  void ports.recordingSteps.ready.then(look)
  return () => {
    isOver = true
    disarm()
  }
}

/** What failed at once when somebody asked for it is taken up again after this. */
const idleMs = 30_000
