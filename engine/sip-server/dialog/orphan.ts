import type { App, Context } from '../context.ts'
import { cancelOutbound } from './cancel-out.ts'
import type { Dialog } from './dialog.ts'
import { endDialog } from './end.ts'
import { hangUp } from './hang-up.ts'
import { answerInbound } from './inbound.ts'
import { sendAck } from './uac.ts'

const gone = 'SIP;cause=503;text="application disconnected"'

/** Ends a call that has nobody left to act for it; an unacknowledged one is acknowledged first. */
export const endOrphan = (context: Context, dialog: Dialog): void => {
  if (dialog.method !== 'INVITE') {
    endDialog(context, dialog)
    return
  }
  // an early dialog ends with its INVITE
  if (dialog.state !== 'confirmed') return
  const { toAck } = dialog
  if (toAck !== undefined) sendAck(context, dialog, toAck.seq, { fields: [], body: '' })
  hangUp(context, dialog, gone)
}

/** An application went away: nobody can act for its calls, so they are ended here, each for itself. */
export const orphan = (context: Context, app: App): void => {
  const { contain } = context
  for (const inbound of [...context.inbound.values()]) {
    if (inbound.app !== app) continue
    contain(() => answerInbound(context, inbound, inbound.inDialog ? 481 : 480))
  }
  for (const outbound of [...context.outbound.values()]) {
    if (outbound.app !== app || outbound.method !== 'INVITE') continue
    contain(() => cancelOutbound(context, outbound, [['Reason', gone]]))
  }
  for (const dialog of context.dialogs.ownedBy(app)) contain(() => endOrphan(context, dialog))
}
