import { Failure } from '../../core/failures.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { DeviceRecord } from '../../core/ports/store.ts'
import type { VoicemailFolder, VoicemailRecord } from '../../core/ports/voicemail.ts'
import { getMessage } from '../voicemail/messages.ts'
import { removeForGood } from '../voicemail/remove.ts'
import type { DirectoryPorts } from './ports.ts'

const maxListed = 1_000

/** A message, and its audio and transcript. */
export interface Voicemail {
  readonly message: VoicemailRecord
  readonly recording: RecordingRecord
}

/** Those of the device's box, the newest first; without a folder new and saved ones. */
export async function listVoicemails(
  ports: DirectoryPorts,
  device: DeviceRecord,
  folder?: VoicemailFolder,
): Promise<Voicemail[]> {
  const { voicemails, voicemailBoxes } = ports.store
  if (folder === undefined)
    return withRecordings(ports, await voicemails.ofDevice(device.id, maxListed))
  const box = await voicemailBoxes.ofDevice(device.id)
  const page = { folder, page: 1, pageSize: maxListed }
  return withRecordings(ports, box ? (await voicemails.list(box.id, page)).voicemails : [])
}

/** Without those whose audio is being deleted just now. */
export async function withRecordings(
  { store }: Pick<DirectoryPorts, 'store'>,
  messages: readonly VoicemailRecord[],
): Promise<Voicemail[]> {
  const all = await Promise.all(
    messages.map(async (message) => {
      const recording = await store.recordings.get(message.accountId, message.recordingId)
      return recording && { message, recording }
    }),
  )
  return all.filter((one) => one !== undefined)
}

export async function withRecording(
  ports: Pick<DirectoryPorts, 'store'>,
  message: VoicemailRecord,
): Promise<Voicemail> {
  const { accountId, recordingId } = message
  const recording = await ports.store.recordings.get(accountId, recordingId)
  if (!recording) throw new Failure('not_found', 'There is no such message')
  return { message, recording }
}

/** Failure `not_found`, also for one of another box. */
export async function getVoicemail(
  ports: DirectoryPorts,
  device: DeviceRecord,
  id: string,
): Promise<Voicemail> {
  const box = await ports.store.voicemailBoxes.ofDevice(device.id)
  if (!box) throw new Failure('not_found', 'There is no such message')
  return withRecording(ports, await getMessage(ports, device.accountId, id, box))
}

/** Deletes the message and its audio for good. Failures of `removeForGood`. */
export const removeMessage = (
  ports: DirectoryPorts,
  message: VoicemailRecord,
  by: 'api' | 'page',
): Promise<void> => removeForGood(ports, message, { by, why: 'voicemail deleted by request' })
