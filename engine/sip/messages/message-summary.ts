import type { MessageCounts } from '../../core/ports/mailbox.ts'

/** The event package of message lamps (RFC 3842). */
export const summaryEvent = 'message-summary'
export const summaryType = 'application/simple-message-summary'

/** What a lamp shows: RFC 3842 section 5.2. `account` is the URI of the mailbox. */
export function summaryOf(account: string, counts: MessageCounts): string {
  const { new: fresh, old, urgentNew, urgentOld } = counts
  return [
    `Messages-Waiting: ${fresh > 0 ? 'yes' : 'no'}`,
    `Message-Account: ${account}`,
    `Voice-Message: ${fresh}/${old} (${urgentNew}/${urgentOld})`,
    '',
  ].join('\r\n')
}
