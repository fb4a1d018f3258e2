import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { responseText } from '../message/respond.ts'
import { type ServerTransaction, type ServerUser, silentUser } from '../transaction/server.ts'
import type { Peer } from '../transport/peer.ts'
import { receivedMeta, sipFrame } from '../wire/frames.ts'
import { endDialog } from './end.ts'
import { answerInbound, type Inbound } from './inbound.ts'
import { takeAck } from './uas.ts'

export interface Cancelling {
  readonly cancel: ServerTransaction
  readonly request: SipMessage
  readonly peer: Peer
}

/** What the transaction of an answered INVITE may still report: an ACK of an RFC 2543 peer. */
export const answeredUser = (context: Context): ServerUser => ({
  ...silentUser,
  ack: (message, peer) => takeAck(context, message, peer),
})

/** Follows the transaction of a request that waits for an application's answer. */
export const waitingUser = (context: Context, inbound: Inbound): ServerUser => ({
  ...answeredUser(context),
  cancelled: (cancel, request, peer) => takeCancel(context, inbound, { cancel, request, peer }),
})

/** RFC 3261 section 9.2: the server answers CANCEL and INVITE itself and tells the application. */
export const takeCancel = (context: Context, inbound: Inbound, by: Cancelling): void => {
  const { cancel, request, peer } = by
  cancel.respond(200, responseText(request, { status: 200, toTag: inbound.localTag }))
  answerInbound(context, inbound, 487)
  if (!inbound.inDialog && inbound.dialog !== undefined) endDialog(context, inbound.dialog)
  inbound.app.send(
    sipFrame(context, {
      meta: receivedMeta(request, peer),
      txnId: inbound.id,
      dialogId: inbound.responded || inbound.inDialog ? inbound.dialogId : '',
      text: request.text,
    }),
  )
}
