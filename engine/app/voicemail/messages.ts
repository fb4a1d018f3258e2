import type { Clock } from '../../core/clock.ts'
import type { AccountEventDraft, AccountEventType } from '../../core/events.ts'
import { Failure } from '../../core/failures.ts'
import { type AccountId, type DeviceId, isUuid, type VoicemailId } from '../../core/ids.ts'
import type { Store } from '../../core/ports/store.ts'
import type { VoicemailBox, VoicemailFolder, VoicemailRecord } from '../../core/ports/voicemail.ts'

/** What changes of messages need: calls and the directory have it both. */
export interface VoicemailPorts {
  readonly store: Pick<Store, 'voicemails' | 'voicemailBoxes' | 'devices'>
  readonly clock: Pick<Clock, 'nowMs'>
  /** The lamps of the device are told. */
  mailboxChanged(deviceId: DeviceId, username: string): void
}

/** Who has changed a message, for the account's log. */
export type ChangedBy = 'api' | 'phone' | 'page' | 'email' | 'retention'

export const dayMs = 86_400_000

/** Failure `not_found`, also for one of another box, if one is given. */
export async function getMessage(
  { store }: Pick<VoicemailPorts, 'store'>,
  accountId: AccountId,
  id: string,
  box?: Pick<VoicemailBox, 'id'>,
): Promise<VoicemailRecord> {
  const found = isUuid(id) ? await store.voicemails.get(accountId, id as VoicemailId) : undefined
  const isHere = found && found.folder !== 'draft' && (box === undefined || box.id === found.boxId)
  if (!isHere) throw new Failure('not_found', 'There is no such message')
  return found
}

/**
 * Puts a message into another folder: `saved` means that it was heard, `new` that it was not, `deleted` that it goes
 * away for good after the box's `keepDeletedDays`. Where it is already nothing happens.
 */
export async function moveMessage(
  ports: VoicemailPorts,
  message: VoicemailRecord,
  folder: VoicemailFolder,
  by: ChangedBy,
): Promise<VoicemailRecord> {
  if (message.folder === folder) return message
  const nowMs = ports.clock.nowMs()
  const heardAtMs = folder === 'saved' ? nowMs : null
  const box = await boxOf(ports, message)
  const moved: VoicemailRecord = {
    ...message,
    folder,
    heardAtMs: folder === 'new' ? null : (message.heardAtMs ?? heardAtMs),
    deletedAtMs: folder === 'deleted' ? nowMs : null,
    expiresAtMs: expiryOf(box, { ...message, folder, deletedAtMs: nowMs }),
  }
  const said = { from: message.folder, to: folder, by }
  await change(ports, box, moved, typeOfMove(message, folder), said)
  return moved
}

/** Moving by hearing has its own name. */
function typeOfMove(
  { folder: from }: VoicemailRecord,
  folder: VoicemailFolder,
): 'voicemail.heard' | 'voicemail.moved' | 'voicemail.deleted' {
  if (folder === 'deleted') return 'voicemail.deleted'
  return from === 'new' && folder === 'saved' ? 'voicemail.heard' : 'voicemail.moved'
}

/** Out of the folder of deleted ones, to where it was. Failure `invalid_request`: it is not there. */
export async function undeleteMessage(
  ports: VoicemailPorts,
  message: VoicemailRecord,
  by: ChangedBy,
): Promise<VoicemailRecord> {
  if (message.folder !== 'deleted') {
    throw new Failure('invalid_request', 'The message is not deleted')
  }
  return moveMessage(ports, message, message.heardAtMs === null ? 'new' : 'saved', by)
}

/** Heard ones are saved, others are new. Failure `invalid_request` for one that is deleted. */
export async function markMessage(
  ports: VoicemailPorts,
  message: VoicemailRecord,
  heard: boolean,
  by: ChangedBy,
): Promise<VoicemailRecord> {
  if (message.folder === 'deleted') {
    throw new Failure('invalid_request', 'The message is deleted: undelete it first')
  }
  return moveMessage(ports, message, heard ? 'saved' : 'new', by)
}

/** When a message as it is now goes away for good; null: never. */
export function expiryOf(
  { options }: Pick<VoicemailBox, 'options'>,
  message: Pick<VoicemailRecord, 'folder' | 'receivedAtMs' | 'deletedAtMs'>,
): number | null {
  const { retentionDays, keepDeletedDays } = options
  if (message.folder === 'deleted') return (message.deletedAtMs ?? 0) + keepDeletedDays * dayMs
  return retentionDays === null ? null : message.receivedAtMs + retentionDays * dayMs
}

/** Stores the message as it is now, tells the log, and then the lamps of the box. */
export async function change(
  ports: VoicemailPorts,
  box: VoicemailBox,
  message: VoicemailRecord,
  type: VoicemailEventType,
  said: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await ports.store.voicemails.save(message, [eventOf(ports, box, message, type, said)])
  await tellLamps(ports, box)
}

export type VoicemailEventType = Extract<AccountEventType, `voicemail.${string}`>

export const eventOf = (
  { clock }: Pick<VoicemailPorts, 'clock'>,
  box: VoicemailBox,
  message: VoicemailRecord,
  type: VoicemailEventType,
  said: Readonly<Record<string, unknown>> = {},
): AccountEventDraft => ({
  ...{ type, atMs: clock.nowMs() },
  data: {
    ...{ boxId: box.id, voicemailId: message.id, recordingId: message.recordingId },
    ...{ callId: message.callId, caller: message.from, folder: message.folder },
    ...{ urgent: message.urgent, durationMs: message.durationMs, deviceIds: box.devices },
    ...said,
  },
})

/** All phones that the box serves. */
export async function tellLamps(
  { store, mailboxChanged }: Pick<VoicemailPorts, 'store' | 'mailboxChanged'>,
  box: Pick<VoicemailBox, 'accountId' | 'devices'>,
): Promise<void> {
  for (const id of box.devices) {
    const device = await store.devices.get(box.accountId, id)
    if (device) mailboxChanged(device.id, device.username)
  }
}

/** The box of a message, which is there as long as the message is. */
export async function boxOf(
  { store }: Pick<VoicemailPorts, 'store'>,
  { accountId, boxId }: Pick<VoicemailRecord, 'accountId' | 'boxId'>,
): Promise<VoicemailBox> {
  const box = await store.voicemailBoxes.get(accountId, boxId)
  if (!box) throw new Failure('not_found', 'The voicemail box is not there any more')
  return box
}
