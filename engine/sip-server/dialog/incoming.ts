import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { responseText } from '../message/respond.ts'
import { comesThroughUs, forwardInRoute } from '../proxy/in-route.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Peer } from '../transport/peer.ts'
import { takeCancel } from './cancel-in.ts'
import { takeInDialog } from './in-dialog.ts'
import { openInbound } from './inbound.ts'

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
  const fields = status === 405 ? ([['Allow', allow]] as const) : []
  transaction.respond(status, responseText(request, { status, toTag, fields }))
}

/** 0 if the request may be offered to an application. */
const standaloneStatus = (request: SipMessage): number => {
  const { method } = request
  if (dialogOnly.has(method)) return method === 'REFER' && request.toTag === undefined ? 0 : 481
  if (!standalone.has(method)) return 405
  return method === 'INVITE' && request.toTag !== undefined ? 481 : 0
}

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
  const app = context.apps.pick(request.method.toLowerCase())
  if (app === undefined) {
    // a request in a dialog that nobody knows is not something to try again later
    const strayed = request.method === 'REFER' || request.toTag !== undefined
    refuse(context, transaction, request, strayed ? 481 : 503)
    return
  }
  const inbound = openInbound(context, { app, transaction, request, peer, dialog: undefined })
  transaction.user = {
    ack: () => undefined,
    unacknowledged: () => undefined,
    cancelled: (cancel, by, from) =>
      takeCancel(context, inbound, { cancel, request: by, peer: from }),
  }
}

/** Every request that is not an ACK or CANCEL and not a repetition. */
export const takeRequest = (
  context: Context,
  transaction: ServerTransaction,
  request: SipMessage,
  peer: Peer,
): void => {
  if (request.method === 'INVITE') {
    transaction.respond(100, responseText(request, { status: 100 }))
  }
  if (comesThroughUs(context, request)) {
    forwardInRoute(context, transaction, request)
    return
  }
  const { toTag } = request
  const dialog =
    toTag === undefined ? undefined : context.dialogs.find(request.callId, toTag, request.fromTag)
  if (dialog === undefined) takeStandalone(context, transaction, request, peer)
  else takeInDialog(context, dialog, { transaction, request, peer })
}
