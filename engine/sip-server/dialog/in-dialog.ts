import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { responseText } from '../message/respond.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Peer } from '../transport/peer.ts'
import { takeCancel } from './cancel-in.ts'
import type { Dialog } from './dialog.ts'
import { endDialog } from './end.ts'
import { answerInbound, openInbound } from './inbound.ts'

export interface Arriving {
  readonly transaction: ServerTransaction
  readonly request: SipMessage
  readonly peer: Peer
}

const isTerminating = (request: SipMessage): boolean =>
  request.method === 'NOTIFY' && /^terminated\b/i.test(request.header('subscription-state') ?? '')

/** A request that belongs to a dialog goes to the connection that owns it. */
export const takeInDialog = (context: Context, dialog: Dialog, arriving: Arriving): void => {
  const { transaction, request, peer } = arriving
  const refuse = (status: number): void => {
    transaction.respond(status, responseText(request, { status }))
  }
  if (!dialog.owner.open) {
    refuse(481)
    return
  }
  const seq = request.cseq?.number ?? 0
  if (dialog.remoteSeq !== undefined && seq < dialog.remoteSeq) {
    // RFC 3261 section 12.2.2: out of order
    refuse(500)
    return
  }
  dialog.remoteSeq = seq
  if (request.method === 'INVITE' && dialog.pendingInvite !== undefined) {
    // both sides at once: RFC 3261 section 14.2
    refuse(491)
    return
  }
  const ends = request.method === 'BYE' || (isTerminating(request) && dialog.method === 'SUBSCRIBE')
  const inbound = openInbound(context, {
    app: dialog.owner,
    transaction,
    request,
    peer,
    dialog,
  })
  transaction.user = {
    ack: () => undefined,
    unacknowledged: () => undefined,
    cancelled: (cancel, by, from) =>
      takeCancel(context, inbound, { cancel, request: by, peer: from }),
  }
  if (!ends) {
    // what the application leaves unanswered is answered when the dialog goes away
    const abandon = (): void => answerInbound(context, inbound, 500)
    const stopWait = inbound.stopWaiting
    inbound.stopWaiting = () => {
      stopWait()
      dialog.endings.delete(abandon)
    }
    dialog.endings.add(abandon)
    return
  }
  inbound.dialogId = ''
  endDialog(context, dialog)
}
