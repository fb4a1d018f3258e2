import type { App, Context } from '../context.ts'
import { tagOf } from '../message/address.ts'
import type { SipMessage } from '../message/message.ts'
import { type Field, printMessage } from '../message/print.ts'
import { copiedFields } from '../message/respond.ts'
import { responseSent, shortAnswer } from '../wire/frames.ts'
import { contentType, nameAddr, otherFields, withIdentity, withoutPlaceholder } from './compose.ts'
import { closeInbound, type Inbound } from './inbound.ts'
import { localContact } from './local-contact.ts'
import { acceptInvite, acceptSubscribe } from './uas.ts'

const unknownTransaction = 'Response not sent due to unknown transaction'

/** Responses of these methods carry our Contact, because later requests are to reach it. */
const contactMethods = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE'])
const recordRouteMethods = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY'])

const contactFields = (context: Context, inbound: Inbound, frame: SipMessage): Field[] => {
  const { peer, dialog, request } = inbound
  const hostPort = context.transports.contactAddress(peer.address)
  const given = frame.headers('contact')
  if (given.length > 0) {
    return given.map((each) => ['Contact', nameAddr(withoutPlaceholder(each, hostPort))])
  }
  const wanted = frame.status >= 200 && frame.status < 300
  if (!wanted || !contactMethods.has(request.method)) return []
  return [['Contact', dialog?.contact ?? localContact(context, peer.protocol, peer.address)]]
}

/** The full response of which the application's frame holds the interesting parts. */
const composeResponse = (context: Context, inbound: Inbound, frame: SipMessage): string => {
  const { request } = inbound
  const { status } = frame
  const copied = copiedFields(request, status === 100 ? undefined : inbound.localTag)
  const [vias, rest] = [copied.filter(([n]) => n === 'Via'), copied.filter(([n]) => n !== 'Via')]
  const recorded: Field[] =
    status > 100 && status < 300 && recordRouteMethods.has(request.method)
      ? request.headers('record-route').map((value) => ['Record-Route', value])
      : []
  const type = contentType(frame)
  return printMessage({
    start: `SIP/2.0 ${status} ${frame.start.reason}`,
    fields: [
      ...vias,
      ...recorded,
      ...rest,
      ...contactFields(context, inbound, frame),
      ...('fields' in type ? type.fields : []),
      ...withIdentity(otherFields(frame), context.transports.contactAddress(inbound.peer.address)),
    ],
    body: frame.body,
  })
}

/** What a response changes besides being sent. */
const follow = (context: Context, inbound: Inbound, status: number, text: string): void => {
  if (status < 200) {
    if (inbound.request.method === 'INVITE') inbound.stopWaiting()
    return
  }
  closeInbound(context, inbound)
  if (status >= 300) return
  if (inbound.request.method === 'INVITE') acceptInvite(context, inbound, text)
  else if (inbound.request.method === 'SUBSCRIBE') acceptSubscribe(context, inbound, text)
}

/** An application's answer to a request that it was shown. */
export const answerFromApp = (
  context: Context,
  app: App,
  frameId: string,
  txnId: string,
  frame: SipMessage,
): void => {
  const inbound = context.inbound.get(txnId)
  if (inbound === undefined || !inbound.transaction.open) {
    app.send(shortAnswer(context, frameId, 'NOK', unknownTransaction))
    return
  }
  if (!inbound.responded && inbound.request.toTag === undefined) {
    inbound.localTag = tagOf(frame.header('to') ?? '') ?? inbound.localTag
  }
  const text = composeResponse(context, inbound, frame)
  inbound.responded = true
  inbound.transaction.respond(frame.status, text)
  const { dialogId, peer } = inbound
  follow(context, inbound, frame.status, text)
  app.send(
    responseSent(context, frameId, {
      meta: {
        source: 'application',
        bytes: text.length,
        protocol: peer.protocol,
        address: peer.address,
        port: peer.port,
      },
      txnId,
      dialogId,
      text,
    }),
  )
}
