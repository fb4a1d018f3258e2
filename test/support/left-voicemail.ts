// A box of a device and a message in it, as if somebody had left it.

import type { AccountId, DeviceId, RecordingId, VoicemailId } from '../../engine/core/ids.ts'
import { boxIdOf } from '../../engine/core/ids.ts'
import type { Store } from '../../engine/core/ports/store.ts'
import {
  plainBox,
  type VoicemailBox,
  type VoicemailRecord,
} from '../../engine/core/ports/voicemail.ts'

export const boxFor = (
  accountId: AccountId,
  deviceId: DeviceId,
  over: Partial<VoicemailBox> = {},
): VoicemailBox => ({
  ...{ id: boxIdOf(deviceId), accountId, options: { ...plainBox, name: 'box' }, pinHash: null },
  ...{ greetings: {}, devices: [deviceId], numbers: [], createdAtMs: 1 },
  ...over,
})

interface Left {
  /** Of the message, and of its recording. */
  readonly id: string
  readonly path: string
  readonly from?: string
  readonly atMs?: number
  readonly durationMs?: number
  readonly transcript?: string
}

/** The device has that box from then on, if it has none yet. */
export async function leftVoicemail(
  store: Store,
  accountId: AccountId,
  deviceId: DeviceId,
  { id, path, from = '+61412345678', atMs = 1, durationMs = 1_000, transcript }: Left,
): Promise<VoicemailRecord> {
  const known = await store.voicemailBoxes.ofDevice(deviceId)
  const box = known ?? boxFor(accountId, deviceId)
  if (!known) await store.voicemailBoxes.insert(box)
  const recordingId = id as RecordingId
  await store.recordings.save({
    ...{ id: recordingId, accountId, callId: null, status: 'completed', failure: null, path },
    ...{ channels: 1, durationMs, bytes: null, createdAtMs: atMs, source: 'voicemail' },
  })
  if (transcript !== undefined) {
    await store.recordings.amend(recordingId, {
      ...{ transcriptStatus: 'completed', transcript: { text: transcript, segments: [] } },
    })
  }
  const message: VoicemailRecord = {
    ...{ id: id as VoicemailId, accountId, boxId: box.id, recordingId, callId: null, from },
    ...{ fromName: null, to: 'desk', reason: 'no-answer', receivedAtMs: atMs, durationMs },
    ...{ folder: 'new', urgent: false, heardAtMs: null, deletedAtMs: null, expiresAtMs: null },
  }
  await store.voicemails.save(message)
  return message
}
