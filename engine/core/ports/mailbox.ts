import type { DeviceId } from '../ids.ts'

/** How many messages wait for somebody (RFC 3842): not heard yet, heard, and how many of each are urgent. */
export interface MessageCounts {
  readonly new: number
  readonly old: number
  /** Part of `new`. */
  readonly urgentNew: number
  /** Part of `old`. */
  readonly urgentOld: number
}

export const noMessages: MessageCounts = { new: 0, old: 0, urgentNew: 0, urgentOld: 0 }

/** Whoever knows what is in the mailboxes. */
export interface Mailboxes {
  /** Zeros for a device that has no mailbox. */
  counts(deviceId: DeviceId): Promise<MessageCounts>
}
