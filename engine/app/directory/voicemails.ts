import { Failure } from '../../core/failures.ts'
import { isUuid, type VoicemailId } from '../../core/ids.ts'
import type { DeviceRecord } from '../../core/ports/store.ts'
import type { VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { DirectoryPorts } from './ports.ts'

const maxListed = 1_000

/** The newest first. */
export const listVoicemails = (
  { store }: DirectoryPorts,
  device: DeviceRecord,
): Promise<VoicemailRecord[]> => store.voicemails.list(device.id, maxListed)

/** Failure `not_found`. */
export async function getVoicemail(
  { store }: DirectoryPorts,
  device: DeviceRecord,
  id: string,
): Promise<VoicemailRecord> {
  const found = isUuid(id) ? await store.voicemails.get(device.id, id as VoicemailId) : undefined
  if (!found) throw new Failure('not_found', 'There is no such message')
  return found
}

/** Failure `not_found`. */
export async function markVoicemail(
  ports: DirectoryPorts,
  device: DeviceRecord,
  id: string,
  heard: boolean,
): Promise<VoicemailRecord> {
  const voicemail = await getVoicemail(ports, device, id)
  if (voicemail.heard === heard) return voicemail
  await ports.store.voicemails.setHeard(voicemail.id, heard)
  await tell(ports, device, voicemail, heard ? 'heard' : 'not-heard')
  return { ...voicemail, heard }
}

/** Deletes the message and its audio; the row goes last, so that it can be tried again. Failure `not_found`. */
export async function removeVoicemail(
  ports: DirectoryPorts,
  device: DeviceRecord,
  id: string,
): Promise<void> {
  const voicemail = await getVoicemail(ports, device, id)
  await ports.recordingMedia.remove(voicemail.path)
  await ports.store.voicemails.remove(voicemail.id)
  await tell(ports, device, voicemail, 'deleted')
}

/** The lamp, and whoever follows the account's log. */
async function tell(
  { store, clock, mailboxChanged }: DirectoryPorts,
  { accountId, id: deviceId, username }: DeviceRecord,
  { id: voicemailId }: VoicemailRecord,
  change: 'heard' | 'not-heard' | 'deleted',
): Promise<void> {
  mailboxChanged(deviceId, username)
  const data = { deviceId, username, voicemailId, change }
  const event = { type: 'voicemail.changed', atMs: clock.nowMs(), data } as const
  await store.events.append(accountId, [event])
}
