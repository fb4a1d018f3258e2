import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import type { Field } from '../message/print.ts'
import { responseText } from '../message/respond.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Peer } from '../transport/peer.ts'
import { waitingUser } from './cancel-in.ts'
import type { Dialog } from './dialog.ts'
import { endDialog } from './end.ts'
import { answerInbound, type Inbound, openInbound } from './inbound.ts'
import { acceptPrack } from './reliable.ts'
import { isTooSmall, minSeconds } from './session-timer.ts'
import { isSubscription } from './subscription.ts'

export interface Arriving {
  readonly transaction: ServerTransaction
  readonly request: SipMessage
  readonly peer: Peer
}

const isTerminating = (request: SipMessage): boolean =>
  request.method === 'NOTIFY' && /^terminated\b/i.test(request.header('subscription-state') ?? '')

interface Refused {
  readonly status: number
  readonly fields?: readonly Field[]
}

/** Seconds after which whoever asked too early may ask again (RFC 3261 section 14.2). */
const longestWaitSeconds = 10

/** An offer that crosses another (RFC 3261 section 14.2, RFC 3311 section 5.2). */
const crossing = (
  { random }: Context,
  dialog: Dialog,
  request: SipMessage,
): Refused | undefined => {
  const isInvite = request.method === 'INVITE'
  const offers = isInvite || (request.method === 'UPDATE' && request.body !== '')
  if (!offers) return undefined
  // the INVITE that makes the dialog counts too, while it has no final answer
  const isFirstOpen = isInvite && dialog.state === 'early'
  const isOursOpen = dialog.pendingInvite !== undefined || dialog.refreshing
  if (isOursOpen || (isFirstOpen && dialog.role === 'uac')) return { status: 491 }
  if (dialog.peerInvite === undefined && !isFirstOpen) return undefined
  const seconds = random.below(longestWaitSeconds + 1)
  return { status: 500, fields: [['Retry-After', `${seconds}`]] }
}

/** What a request in a dialog is answered without the application, or undefined. */
const refusalIn = (context: Context, dialog: Dialog, request: SipMessage): Refused | undefined => {
  if (!dialog.owner.open) return { status: 481 }
  const seq = request.cseq?.number ?? 0
  // RFC 3261 section 12.2.2: out of order
  if (dialog.remoteSeq !== undefined && seq < dialog.remoteSeq) return { status: 500 }
  const { method } = request
  const crossed = crossing(context, dialog, request)
  if (crossed !== undefined) return crossed
  if ((method === 'INVITE' || method === 'UPDATE') && isTooSmall(request)) {
    return { status: 422, fields: [['Min-SE', `${minSeconds}`]] }
  }
  return undefined
}

/** What the application leaves unanswered is answered when the dialog goes away. */
const abandonAtEnd = (context: Context, dialog: Dialog, inbound: Inbound): void => {
  const abandon = (): void => answerInbound(context, inbound, 500)
  const stopWait = inbound.stopWaiting
  inbound.stopWaiting = () => {
    stopWait()
    dialog.endings.delete(abandon)
  }
  dialog.endings.add(abandon)
}

const show = (context: Context, dialog: Dialog, arriving: Arriving): Inbound => {
  const { transaction } = arriving
  const inbound = openInbound(context, { ...arriving, app: dialog.owner, dialog })
  transaction.user = waitingUser(context, inbound)
  if (inbound.request.method === 'INVITE') dialog.peerInvite = inbound
  return inbound
}

/** A request that belongs to a dialog goes to the connection that owns it. */
export const takeInDialog = (context: Context, dialog: Dialog, arriving: Arriving): void => {
  const { transaction, request } = arriving
  const refuse = ({ status, fields = [] }: Refused): void => {
    transaction.respond(status, responseText(request, { status, fields }))
  }
  const refused = refusalIn(context, dialog, request)
  if (refused !== undefined) {
    refuse(refused)
    return
  }
  const release = request.method === 'PRACK' ? acceptPrack(context, dialog, request) : undefined
  if (request.method === 'PRACK' && release === undefined) {
    refuse({ status: 481 })
    return
  }
  dialog.remoteSeq = request.cseq?.number ?? 0
  const inbound = show(context, dialog, arriving)
  const ends = request.method === 'BYE' || (isTerminating(request) && isSubscription(dialog))
  if (ends) {
    inbound.dialogId = ''
    endDialog(context, dialog)
  } else abandonAtEnd(context, dialog, inbound)
  release?.()
}
