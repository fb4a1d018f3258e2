import { Failure } from '../../core/failures.ts'
import type { RecordingRecord, SealedFile } from '../../core/ports/recordings.ts'
import type { Ports } from '../ports.ts'
import { wait } from '../wait.ts'
import { recordingKept } from './kept.ts'

const firstPauseMs = 1_000
const longestPauseMs = 300_000

type KeepPorts = Pick<Ports, 'store' | 'recordingFiles' | 'recordingSteps' | 'clock' | 'log'>

/**
 * The file is closed and whole, and the record has its figures: seals it, stores both, tells it, and starts the later
 * steps. As long as it can't be sealed or stored, as on a full disk, it stays `in-progress`; a start of the engine takes
 * that up again. A file that is gone makes it a failed one. `tell` gets what was stored, and must bear being asked again after
 * a crash. Returns when it is told.
 */
export async function keepRecording(
  ports: KeepPorts,
  recording: RecordingRecord,
  tell: (kept: RecordingRecord) => Promise<void>,
): Promise<void> {
  const { store } = ports
  if (recording.path === '' || !recording.bytes) {
    await store.recordings.save(recording)
    return tell(recording)
  }
  const sealed = await sealAtLast(ports, recording)
  if (sealed === undefined) {
    const lost = { ...recording, status: 'failed', failure: 'io_error' } as const
    await store.recordings.save(lost)
    return tell(lost)
  }
  await storeAtLast(ports, recording, sealed)
  const kept = { ...recording, ...sealed }
  await tell(kept)
  void recordingKept(ports, kept)
}

/** Undefined: the file is not there. */
async function sealAtLast(
  { recordingFiles, clock, log }: KeepPorts,
  recording: RecordingRecord,
): Promise<SealedFile | undefined> {
  const never = new AbortController().signal
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await recordingFiles.seal(recording)
    } catch (error) {
      const told = { recordingId: recording.id, error: String(error) }
      if (error instanceof Failure && error.code === 'not_found') {
        log.error('the file of a recording is gone', told)
        return undefined
      }
      log.error('recording not sealed', { ...told, againInMs: pauseMs })
      await wait(clock, pauseMs, never)
    }
  }
}

async function storeAtLast(
  { store, clock, log }: KeepPorts,
  recording: RecordingRecord,
  sealed: SealedFile,
): Promise<void> {
  const never = new AbortController().signal
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      // The answer to the last try may have been lost alone.
      const isNew = pauseMs === firstPauseMs
      const now = isNew ? undefined : await store.recordings.get(recording.accountId, recording.id)
      if (now?.sha256 === sealed.sha256) return
      return await store.recordings.keep(recording, sealed, clock.nowMs())
    } catch (error) {
      const told = { recordingId: recording.id, error: String(error) }
      log.error('a sealed recording is not stored', { ...told, againInMs: pauseMs })
      await wait(clock, pauseMs, never)
    }
  }
}
