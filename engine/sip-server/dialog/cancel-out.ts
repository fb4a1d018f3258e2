import type { App, Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import type { Field } from '../message/print.ts'
import { giveUpMs } from '../timing.ts'
import type { ClientRequest } from '../transaction/client.ts'
import { requestSent, shortAnswer } from '../wire/frames.ts'
import { cancelOf } from './cancel-request.ts'
import { otherFields } from './compose.ts'
import { type Outbound, sentMeta } from './outbound.ts'

const notFromApp = new Set([
  'from',
  'to',
  'contact',
  'call-id',
  'cseq',
  'max-forwards',
  'content-type',
  'p-asserted-identity',
])

/** Sends the CANCEL that waited for a provisional response. */
export const sendHeldCancel = (context: Context, outbound: Outbound): void => {
  if (outbound.cancel !== 'wanted' || outbound.cancelRequest === undefined) return
  outbound.cancel = 'sent'
  context.transactions.send(outbound.cancelRequest, {
    response: () => undefined,
    over: () => undefined,
  })
  // RFC 3261 section 9.1: without a final response the INVITE is given up
  outbound.stopWaiting = context.clock.after(giveUpMs(context.timing), () => {
    outbound.transaction?.giveUp()
  })
}

/** Cancels an INVITE; returns the CANCEL as it is or will be sent. */
export const cancelOutbound = (
  context: Context,
  outbound: Outbound,
  extra: readonly Field[],
): ClientRequest => {
  const request = outbound.cancelRequest ?? cancelOf(outbound.request, extra)
  if (outbound.cancel === 'none') {
    outbound.cancel = 'wanted'
    outbound.cancelRequest = request
    // whoever has not heard of the INVITE by now had better not: the caller may be calling elsewhere
    outbound.transaction?.hush()
    if (outbound.provisional) sendHeldCancel(context, outbound)
  }
  return request
}

/** CANCEL frame of an application. */
export const cancelFromApp = (
  context: Context,
  app: App,
  frameId: string,
  txnId: string,
  frame: SipMessage,
): void => {
  const outbound = context.outbound.get(txnId)
  if (outbound === undefined || outbound.method !== 'INVITE') {
    const text = `unable to cancel unknown transaction id: ${txnId}`
    app.send(shortAnswer(context, frameId, 'NOK', text))
    return
  }
  const request = cancelOutbound(context, outbound, otherFields(frame, notFromApp))
  const meta = sentMeta(context, request)
  app.send(
    requestSent(context, frameId, {
      // one that is held back has not been on the wire yet
      meta: { ...meta, bytes: outbound.cancel === 'sent' ? meta.bytes : 0 },
      txnId: context.random.uuid(),
      text: request.text,
    }),
  )
}
