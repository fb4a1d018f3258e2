import type { VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { Run } from '../program.ts'
import { deleteRecording } from '../recordings/remove.ts'

/** What was said is not to be kept: its audio goes everywhere, then the draft with its recording. Never rejects. */
export async function dropTake(
  { ports, calls }: Run,
  { id, accountId, recordingId }: VoicemailRecord,
  why: string,
): Promise<void> {
  const { store, log } = ports
  try {
    const recording = await store.recordings.get(accountId, recordingId)
    if (recording) await deleteRecording(ports, recording, { by: 'phone', why })
  } catch (error) {
    // It stays as a draft; the next start files it, rather than lose it.
    log.warn('message not dropped', { voicemailId: id, error: String(error) })
  } finally {
    calls.leaving.delete(id)
  }
}
