import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import type { MessageCounts } from '../../core/ports/mailbox.ts'
import { deviceNamed } from './devices.ts'
import type { DirectoryPorts } from './ports.ts'

/** What waits in the device's mailbox. Failure `not_found`. */
export async function mailboxOf(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
): Promise<MessageCounts> {
  const device = await deviceNamed(ports, accountId, id)
  return ports.store.mailboxes.counts(device.id)
}

/**
 * For operators whose voicemail is elsewhere: stores the counts and lights the lamps. Failures `not_found`,
 * `invalid_request` (more urgent ones than there are).
 */
export async function setMailbox(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
  counts: MessageCounts,
): Promise<MessageCounts> {
  const device = await deviceNamed(ports, accountId, id)
  if (counts.urgentNew > counts.new || counts.urgentOld > counts.old) {
    const field = counts.urgentNew > counts.new ? 'urgent_new' : 'urgent_old'
    throw new Failure('invalid_request', 'There are more urgent messages than messages', field)
  }
  await ports.store.mailboxes.set(device.id, counts, ports.clock.nowMs())
  ports.mailboxChanged(device.id, device.username)
  return ports.store.mailboxes.counts(device.id)
}
