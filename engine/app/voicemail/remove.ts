import { Failure } from '../../core/failures.ts'
import type { DeletionReason, RecordingRecord } from '../../core/ports/recordings.ts'
import type { Store } from '../../core/ports/store.ts'
import type { VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { ErasedListener } from '../recordings/kept.ts'
import { boxOf, eventOf, tellLamps, type VoicemailPorts } from './messages.ts'

/** What removing a message for good needs. */
export interface RemoveMessagePorts extends VoicemailPorts {
  readonly store: VoicemailPorts['store'] & Pick<Store, 'recordings'>
  /** Failures `not_found`, `recording_in_progress`, `recording_on_hold`. */
  deleteRecording(recording: RecordingRecord, reason: DeletionReason): Promise<void>
}

/** Deletes a message and its audio for good. Failures of `deleteRecording`; the message stays then. */
export async function removeForGood(
  ports: RemoveMessagePorts,
  message: VoicemailRecord,
  reason: DeletionReason,
): Promise<void> {
  const { accountId, recordingId } = message
  const recording = await ports.store.recordings.get(accountId, recordingId)
  if (recording) await ports.deleteRecording(recording, reason)
  await forget(ports, message)
}

/** Whoever deletes a recording deletes its message: told in the log, and the lamps follow. */
export function messagesFollow(ports: VoicemailPorts): ErasedListener {
  return async ({ source, id, accountId }) => {
    if (source !== 'voicemail') return
    const message = await ports.store.voicemails.ofRecording(accountId, id)
    if (message) await forget(ports, message)
  }
}

/** Fine when it is gone; a draft goes without a word. */
async function forget(ports: VoicemailPorts, { accountId, id }: VoicemailRecord): Promise<void> {
  const message = await ports.store.voicemails.get(accountId, id)
  if (!message) return
  if (message.folder === 'draft') return ports.store.voicemails.remove(message)
  const box = await boxOf(ports, message).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
    return undefined
  })
  if (!box) return ports.store.voicemails.remove(message)
  const event = eventOf(ports, box, message, 'voicemail.deleted', { forGood: true })
  await ports.store.voicemails.remove(message, [event])
  await tellLamps(ports, box)
}
