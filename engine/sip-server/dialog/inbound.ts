import type { App, Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { responseText } from '../message/respond.ts'
import { giveUpMs } from '../timing.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Peer } from '../transport/peer.ts'
import { receivedMeta, sipFrame } from '../wire/frames.ts'
import { answeredUser } from './cancel-in.ts'
import type { Dialog } from './dialog.ts'
import { dialogIdOf } from './dialog.ts'
import { dropReliable, type Reliable } from './reliable.ts'

/** A received request that was shown to an application and may be answered by it. */
export interface Inbound {
  /** the transaction id that the application answers with */
  readonly id: string
  readonly app: App
  readonly transaction: ServerTransaction
  readonly request: SipMessage
  readonly peer: Peer
  /** tag that To gets; the application may set its own with its first response */
  localTag: string
  /** what later frames name; empty if the request can make no dialog */
  dialogId: string
  /** the dialog it came in, or the one that its responses made */
  dialog: Dialog | undefined
  readonly inDialog: boolean
  /** true once the application has answered anything */
  responded: boolean
  reliable: Reliable | undefined
  stopWaiting: () => void
}

/** What copies of one request that came on different ways have in common. */
export const identityOf = (request: SipMessage): string =>
  `${request.callId}\n${request.fromTag ?? ''}\n${request.cseq?.number ?? 0}\n${request.method}`

/** Requests whose acceptance makes a dialog; a REFER only where it came outside one (RFC 3515). */
const makesDialog = new Set(['INVITE', 'SUBSCRIBE', 'REFER'])

/** Takes an inbound request off the books; the application can no longer answer it. */
export const closeInbound = (context: Context, inbound: Inbound): void => {
  inbound.stopWaiting()
  context.inbound.delete(inbound.id)
  if (!inbound.inDialog) context.offered.delete(identityOf(inbound.request))
  else if (inbound.dialog?.peerInvite === inbound) inbound.dialog.peerInvite = undefined
  dropReliable(inbound)
  // the transaction lingers; what it was about need not
  inbound.transaction.user = answeredUser(context)
}

/** Answers a request of an application that did not, and takes it off the books. */
export const answerInbound = (context: Context, inbound: Inbound, status: number): void => {
  const { request, transaction, localTag } = inbound
  closeInbound(context, inbound)
  transaction.respond(status, responseText(request, { status, toTag: localTag }))
}

const arrivalWait = (context: Context, inbound: Inbound): (() => void) => {
  const { timing } = context
  const { method } = inbound.request
  if (method === 'INVITE') {
    return context.clock.after(timing.unansweredMs, () => {
      if (!inbound.responded) answerInbound(context, inbound, 408)
    })
  }
  // the peer has given up by then; a 500 keeps a repeated request from starting over
  return context.clock.after(giveUpMs(timing), () => answerInbound(context, inbound, 500))
}

export interface Arrival {
  readonly app: App
  readonly transaction: ServerTransaction
  readonly request: SipMessage
  readonly peer: Peer
  readonly dialog: Dialog | undefined
}

/** Books a request for an application and shows it. */
export const openInbound = (context: Context, arrival: Arrival): Inbound => {
  const { app, request, peer, dialog } = arrival
  const inbound: Inbound = {
    ...arrival,
    id: context.random.uuid(),
    localTag: request.toTag ?? context.random.token(13),
    dialogId:
      dialog?.id ??
      (makesDialog.has(request.method) ? dialogIdOf(request.callId, request.fromTag) : ''),
    inDialog: dialog !== undefined,
    responded: false,
    reliable: undefined,
    stopWaiting: () => undefined,
  }
  inbound.stopWaiting = arrivalWait(context, inbound)
  context.inbound.set(inbound.id, inbound)
  if (dialog === undefined) context.offered.add(identityOf(request))
  const { transports } = context
  const receivedOn = `${transports.socketAddress(peer.address)}|${transports.portOf(peer.protocol)}|`
  app.send(
    sipFrame(context, {
      meta: receivedMeta(request, peer),
      txnId: inbound.id,
      dialogId: dialog?.id ?? '',
      ...(dialog === undefined ? { receivedOn } : {}),
      text: request.text,
    }),
  )
  return inbound
}
