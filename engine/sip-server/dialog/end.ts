import type { Context } from '../context.ts'
import type { Dialog } from './dialog.ts'

/** Forgets a dialog and everything that waits for it. Idempotent. */
export const endDialog = (context: Context, dialog: Dialog): void => {
  if (dialog.state === 'ended') return
  dialog.state = 'ended'
  context.dialogs.remove(dialog)
  for (const accepted of dialog.accepted.values()) accepted.stop()
  dialog.accepted.clear()
  dialog.acks.clear()
  for (const ending of [...dialog.endings]) ending()
  dialog.endings.clear()
}
