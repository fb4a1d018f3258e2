import type { Context } from '../context.ts'
import { targetOfUri, uriOf } from '../dialog/routing.ts'
import type { SipMessage } from '../message/message.ts'
import { printMessage } from '../message/print.ts'
import { responseText } from '../message/respond.ts'
import { decimal } from '../message/text.ts'
import { giveUpMs } from '../timing.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import { ProxyCall } from './call.ts'
import { forwardDraft, namesUs } from './forward.ts'

/** True for a request that comes through us because we asked for it with Record-Route. */
export const comesThroughUs = (context: Context, request: SipMessage): boolean => {
  if (request.toTag === undefined || !context.passing.has(request.callId)) return false
  const top = uriOf(request.list('route')[0])
  return top !== undefined && namesUs(context, top) && !namesUs(context, request.uri)
}

/** Forwards a request of a dialog that was set up through us. */
export const forwardInRoute = (
  context: Context,
  transaction: ServerTransaction,
  request: SipMessage,
): void => {
  if (decimal(request.header('max-forwards') ?? '70') === 0) {
    transaction.respond(483, responseText(request, { status: 483, toTag: 'proxy' }))
    return
  }
  context.passing.note(request.callId)
  const plan = {
    destinations: [request.uri],
    stayInPath: request.method === 'INVITE' || request.method === 'SUBSCRIBE',
    followRedirects: false,
    simultaneous: false,
    provisionalMs: undefined,
    extra: [],
  }
  const watcher = {
    final: () => undefined,
    done: () => {
      if (request.method !== 'BYE') return
      context.passing.over(request.callId, giveUpMs(context.timing))
    },
  }
  new ProxyCall(context, { transaction, request }, plan, watcher).start()
}

/** The ACK of a 2xx is passed on without being kept (RFC 3261 section 16.11). */
export const forwardAck = (context: Context, ack: SipMessage): void => {
  if (decimal(ack.header('max-forwards') ?? '70') === 0) return
  const routes = ack.list('route').filter((route) => !namesUs(context, uriOf(route)))
  const target = targetOfUri(uriOf(routes[0]) ?? ack.uri, context.transports)
  if (target === undefined) return
  const branch = `z9hG4bK${context.random.token(16)}`
  const parts = { destination: ack.uri, target, branch, stayInPath: false, extra: [] }
  const text = printMessage(forwardDraft(context, ack, parts))
  context.transports.send(target, text, () => undefined)
}
