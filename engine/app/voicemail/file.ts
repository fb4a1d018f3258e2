import { Failure } from '../../core/failures.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { VoicemailBox, VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { LiveCalls } from '../live-calls.ts'
import type { Ports } from '../ports.ts'
import { boxOf, change, expiryOf, type VoicemailPorts } from './messages.ts'

/** What changes of messages need, of a call's ports. */
export const voicemailPorts = ({ store, clock, sip }: Pick<Ports, 'store' | 'clock' | 'sip'>) =>
  ({
    ...{ store, clock },
    mailboxChanged: (id, username) => sip.mailboxChanged(id, username),
  }) satisfies VoicemailPorts

type FilePorts = Pick<Ports, 'store' | 'clock' | 'sip' | 'log'>

/** A draft is a message from now on: the log is told, and the lamps of the box. */
export async function fileMessage(
  ports: FilePorts,
  box: VoicemailBox,
  draft: VoicemailRecord,
): Promise<VoicemailRecord> {
  const message: VoicemailRecord = { ...draft, folder: 'new' }
  const filed = { ...message, expiresAtMs: expiryOf(box, message) }
  const said = { to: filed.to, reason: filed.reason, name: filed.fromName }
  await change(voicemailPorts(ports), box, filed, 'voicemail.left', said)
  return filed
}

/**
 * At the start: what was being left when the process ended is filed, as far as it goes; of what there is no audio the
 * draft goes. One whose file is not whole yet is filed by `filesLate`. Returns how many were filed.
 */
export async function recoverMessages(ports: FilePorts): Promise<number> {
  let filed = 0
  for (const draft of await ports.store.voicemails.drafts()) {
    const recording = await ports.store.recordings.get(draft.accountId, draft.recordingId)
    if (recording?.status === 'in-progress') continue
    if (recording && (await fileDraft(ports, draft, recording))) filed += 1
    else await ports.store.voicemails.remove(draft)
  }
  return filed
}

/** A later step of recordings: files a message whose caller's call has not waited for its file. */
export function filesLate(ports: FilePorts, calls: Pick<LiveCalls, 'leaving'>) {
  return async (recording: RecordingRecord): Promise<void> => {
    if (recording.source !== 'voicemail') return
    const drafts = await ports.store.voicemails.drafts()
    const draft = drafts.find(({ recordingId }) => recordingId === recording.id)
    if (draft && !calls.leaving.has(draft.id)) await fileDraft(ports, draft, recording)
  }
}

async function fileDraft(
  ports: FilePorts,
  draft: VoicemailRecord,
  { status, durationMs }: RecordingRecord,
): Promise<boolean> {
  try {
    const box = await boxOf(ports, draft)
    if (status !== 'completed' || (durationMs ?? 0) < box.options.minMessageMs) return false
    await fileMessage(ports, box, { ...draft, durationMs: durationMs ?? 0 })
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    ports.log.warn('message without a box', { voicemailId: draft.id, error: error.message })
    return false
  }
}
