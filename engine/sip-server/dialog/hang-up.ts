import type { Context } from '../context.ts'
import type { Field } from '../message/print.ts'
import { addressOf } from '../transport/peer.ts'
import { sipFrame } from '../wire/frames.ts'
import type { Dialog } from './dialog.ts'
import { endDialog } from './end.ts'
import { readied } from './launch.ts'
import { inDialogDraft } from './request-in-dialog.ts'

/**
 * Ends a call by a BYE of the server's own, with a Reason, and shows it to the application as an
 * unsolicited BYE. What the peer answers no longer matters.
 */
export const hangUp = (context: Context, dialog: Dialog, reason: string): void => {
  if (dialog.state === 'ended') return
  dialog.localSeq++
  const fields: Field[] = [['Reason', reason]]
  const planned = inDialogDraft(context, dialog, {
    method: 'BYE',
    seq: dialog.localSeq,
    fields,
    body: '',
  })
  endDialog(context, dialog)
  if (planned === undefined) return
  const request = readied(context, 'BYE', planned.draft, planned.target)
  context.transactions.send(request, { response: () => undefined, over: () => undefined })
  dialog.owner.send(
    sipFrame(context, {
      meta: {
        source: 'application',
        bytes: request.text.length,
        protocol: planned.target.protocol,
        address: context.transports.socketAddress(addressOf(planned.target)),
        port: context.transports.portOf(planned.target.protocol),
      },
      txnId: 'unsolicited',
      dialogId: dialog.id,
      text: request.text,
    }),
  )
}
