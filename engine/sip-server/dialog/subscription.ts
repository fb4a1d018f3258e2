import type { Context } from '../context.ts'
import { decimal } from '../message/text.ts'
import { giveUpMs } from '../timing.ts'
import type { Dialog } from './dialog.ts'
import { endDialog } from './end.ts'

const defaultSeconds = 3600
const maxSeconds = 7 * 24 * 3600

/** Dialogs, and requests that make some, that are a subscription and nothing else. */
export const isSubscription = ({ method }: Pick<Dialog, 'method'>): boolean =>
  method === 'SUBSCRIBE' || method === 'REFER'

/**
 * A subscription that is not refreshed in time is over (RFC 6665 section 4.2.2), on either side: if the
 * last NOTIFY was lost, nobody else would say so. `expires` is what the 2xx granted.
 */
export const expectRefresh = (
  context: Context,
  dialog: Dialog,
  expires: string | undefined,
): void => {
  dialog.stopSubscription()
  dialog.endings.delete(dialog.stopSubscription)
  if (dialog.state === 'ended' || !isSubscription(dialog)) return
  const seconds = Math.min(decimal(expires ?? '') ?? defaultSeconds, maxSeconds)
  dialog.stopSubscription = context.clock.after(seconds * 1000 + giveUpMs(context.timing), () => {
    endDialog(context, dialog)
  })
  dialog.endings.add(dialog.stopSubscription)
}

/** Answers to a SUBSCRIBE in its dialog after which there is none (RFC 6665 section 4.1.2.2). */
const fatal = new Set([404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604])

/** Whether the answer to a request of ours in a subscription says that it is over. */
export const isOverBy = (
  method: string,
  status: number,
  subscriptionState: string | undefined,
): boolean => {
  if (method === 'SUBSCRIBE') return fatal.has(status)
  if (method !== 'NOTIFY' || status < 200 || status === 401 || status === 407) return false
  // whoever does not know it, or says nothing, is not subscribed (section 4.2.2)
  return status === 408 || status === 481 || /^\s*terminated\b/i.test(subscriptionState ?? '')
}
