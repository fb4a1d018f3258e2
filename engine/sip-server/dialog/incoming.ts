import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { responseText } from '../message/respond.ts'
import { comesThroughUs, forwardInRoute } from '../proxy/in-route.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Peer } from '../transport/peer.ts'
import { dialogIdOf } from './dialog.ts'
import { takeInDialog } from './in-dialog.ts'
import { identityOf } from './inbound.ts'
import { offer } from './offer.ts'
import { notifiedUac } from './uac.ts'

/** Methods that mean something outside a dialog and are offered to an application. */
const standalone = new Set([
  'INVITE',
  'REGISTER',
  'MESSAGE',
  'OPTIONS',
  'INFO',
  'NOTIFY',
  'SUBSCRIBE',
  'PUBLISH',
])
/** Methods that need a dialog; without one there is nothing they could be about. */
const dialogOnly = new Set(['BYE', 'UPDATE', 'PRACK', 'REFER'])

export const knownMethods: ReadonlySet<string> = new Set([
  ...standalone,
  ...dialogOnly,
  'ACK',
  'CANCEL',
])

const refuse = (
  context: Context,
  transaction: ServerTransaction,
  request: SipMessage,
  status: number,
): void => {
  const toTag = context.random.token(13)
  const allow = [...knownMethods].join(', ')
  const fields = status === 501 ? ([['Allow', allow]] as const) : []
  transaction.respond(status, responseText(request, { status, toTag, fields }))
}

/** 0 if the request may be offered to an application. */
const standaloneStatus = (request: SipMessage): number => {
  const { method } = request
  // a REFER may stand alone (RFC 3515 section 2.4.4) where an application asked for it
  if (method === 'REFER' && request.toTag === undefined) return 0
  if (dialogOnly.has(method)) return 481
  // a method nobody has heard of is not one that is not allowed here (RFC 3261 21.5.2)
  if (!standalone.has(method)) return 501
  return method === 'INVITE' && request.toTag !== undefined ? 481 : 0
}

/**
 * An INVITE that would make a dialog with the id of another: the control protocol could not tell
 * the two apart. Also catches one request that came here on two ways (RFC 3261 section 8.2.2.2).
 */
const isSecond = (context: Context, request: SipMessage): boolean =>
  context.dialogs.get(dialogIdOf(request.callId, request.fromTag)) !== undefined

const takeStandalone = (
  context: Context,
  transaction: ServerTransaction,
  request: SipMessage,
  peer: Peer,
): void => {
  const status = standaloneStatus(request)
  if (status !== 0) {
    refuse(context, transaction, request, status)
    return
  }
  if (context.offered.has(identityOf(request))) {
    refuse(context, transaction, request, 482)
    return
  }
  const wantsDialog = request.method === 'INVITE' || request.method === 'SUBSCRIBE'
  if (wantsDialog && context.dialogs.full) {
    context.counters.dropped.overload++
    refuse(context, transaction, request, 503)
    return
  }
  offer(context, { transaction, request, peer }, (refusal) => {
    refuse(context, transaction, request, refusal)
  })
}

/** Every request that is not an ACK or CANCEL and not a repetition. */
export const takeRequest = (
  context: Context,
  transaction: ServerTransaction,
  request: SipMessage,
  peer: Peer,
): void => {
  if (request.method === 'INVITE') {
    if (request.toTag === undefined && isSecond(context, request)) {
      refuse(context, transaction, request, 491)
      return
    }
    transaction.respond(100, responseText(request, { status: 100 }))
  }
  if (comesThroughUs(context, request)) {
    forwardInRoute(context, transaction, request)
    return
  }
  const { toTag } = request
  const dialog =
    toTag === undefined
      ? undefined
      : (context.dialogs.find(request.callId, toTag, request.fromTag) ??
        notifiedUac(context, request, peer))
  if (dialog === undefined) takeStandalone(context, transaction, request, peer)
  else takeInDialog(context, dialog, { transaction, request, peer })
}
