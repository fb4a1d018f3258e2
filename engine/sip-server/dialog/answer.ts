import type { App, Context } from '../context.ts'
import { tagOf } from '../message/address.ts'
import type { SipMessage } from '../message/message.ts'
import { parseWithRestAsBody } from '../message/parse.ts'
import { type Field, printMessage } from '../message/print.ts'
import { copiedFields } from '../message/respond.ts'
import { responseSent, shortAnswer } from '../wire/frames.ts'
import { contentType, nameAddr, otherFields, withIdentity, withoutPlaceholder } from './compose.ts'
import { endDialog } from './end.ts'
import { closeInbound, type Inbound } from './inbound.ts'
import { localContact } from './local-contact.ts'
import {
  holdBack,
  nextRseq,
  peerTakesReliable,
  repeatUntilPrack,
  wantsReliable,
} from './reliable.ts'
import { sessionFields } from './session-timer.ts'
import { acceptInvite, acceptSubscribe, acceptUpdate, dialogOf } from './uas.ts'

const tooMany = 'too many responses wait for a PRACK'
const unknownTransaction = 'Response not sent due to unknown transaction'

/** Responses of these methods carry our Contact, because later requests are to reach it. */
const contactMethods = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE'])
const recordRouteMethods = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY'])

/** A REFER in a call is a part of the call; outside one it makes a dialog of its own (RFC 3515). */
const makesSubscription = ({ request, inDialog }: Inbound): boolean =>
  request.method === 'SUBSCRIBE' || (request.method === 'REFER' && !inDialog)

const contactFields = (context: Context, inbound: Inbound, frame: SipMessage): Field[] => {
  const { peer, dialog, request } = inbound
  const hostPort = context.transports.contactAddress(peer.address, peer.protocol)
  const given = frame.headers('contact')
  if (given.length > 0) {
    return given.map((each) => ['Contact', nameAddr(withoutPlaceholder(each, hostPort))])
  }
  const wanted = (frame.status >= 200 && frame.status < 300) || wantsReliable(frame)
  const leadsHere = contactMethods.has(request.method) || makesSubscription(inbound)
  if (!wanted || !leadsHere) return []
  const { protocol, address: host } = peer
  const ours = dialog?.contact ?? localContact(context, { protocol, host }, request.uri)
  return [['Contact', ours]]
}

/** The full response of which the application's frame holds the interesting parts. */
const composeResponse = (context: Context, inbound: Inbound, frame: SipMessage): string => {
  const { request, peer } = inbound
  const { status } = frame
  const hostPort = context.transports.contactAddress(peer.address, peer.protocol)
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
      ...(wantsReliable(frame) ? [['RSeq', `${nextRseq(context, inbound)}`] as const] : []),
      ...sessionFields(request, frame),
      ...('fields' in type ? type.fields : []),
      ...withIdentity(otherFields(frame), hostPort),
    ],
    body: frame.body,
  })
}

/** What a response changes besides being sent. */
const follow = (context: Context, inbound: Inbound, frame: SipMessage, text: string): void => {
  const { status } = frame
  const { method } = inbound.request
  if (status < 200) {
    if (method === 'INVITE') inbound.stopWaiting()
    if (wantsReliable(frame)) {
      dialogOf(context, inbound, text)
      repeatUntilPrack(context, inbound, status, text)
    }
    return
  }
  closeInbound(context, inbound)
  if (status >= 300) {
    if (!inbound.inDialog && inbound.dialog !== undefined) endDialog(context, inbound.dialog)
    return
  }
  if (method === 'INVITE') acceptInvite(context, inbound, text)
  else if (makesSubscription(inbound)) acceptSubscribe(context, inbound, text)
  else if (method === 'UPDATE') acceptUpdate(context, inbound, text)
  else if (method === 'REGISTER' && inbound.peer.stream !== undefined) {
    context.registered.learn(inbound.request, parseWithRestAsBody(text)!, inbound.peer)
  }
}

const reply = (
  context: Context,
  app: App,
  frameId: string,
  inbound: Inbound,
  text: string,
): void => {
  const { id, dialogId, peer } = inbound
  const { protocol, address, port } = peer
  const meta = { source: 'application' as const, bytes: text.length, protocol, address, port }
  app.send(responseSent(context, frameId, { meta, txnId: id, dialogId, text }))
}

/** Why an answer cannot be sent now. */
const obstacle = (inbound: Inbound | undefined, frame: SipMessage): string | undefined => {
  if (inbound === undefined || !inbound.transaction.open) return unknownTransaction
  if (wantsReliable(frame) && !peerTakesReliable(inbound.request)) {
    return 'Remote endpoint does not support 100rel'
  }
  return undefined
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
  const why = obstacle(inbound, frame)
  if (inbound === undefined || why !== undefined) {
    app.send(shortAnswer(context, frameId, 'NOK', why ?? unknownTransaction))
    return
  }
  if (inbound.reliable?.outstanding !== undefined && frame.status < 300) {
    // told when it is sent, so that the application sees PRACK and answer in their true order
    const again = (): void => answerFromApp(context, app, frameId, txnId, frame)
    if (!holdBack(inbound, again)) app.send(shortAnswer(context, frameId, 'NOK', tooMany))
    return
  }
  if (!inbound.responded && inbound.request.toTag === undefined) {
    inbound.localTag = tagOf(frame.header('to') ?? '') ?? inbound.localTag
  }
  const text = composeResponse(context, inbound, frame)
  inbound.responded = true
  inbound.transaction.respond(frame.status, text)
  follow(context, inbound, frame, text)
  reply(context, app, frameId, inbound, text)
}
