import type { App, Context } from '../context.ts'
import { tagOf } from '../message/address.ts'
import { parseCSeq } from '../message/cseq.ts'
import type { SipMessage } from '../message/message.ts'
import type { Draft, Field } from '../message/print.ts'
import { decimal } from '../message/text.ts'
import { parseUri, type SipUri, uriTransport } from '../message/uri.ts'
import type { ClientRequest } from '../transaction/client.ts'
import { addressOf, type Target } from '../transport/peer.ts'
import { namedProtocol, portOfUri, transportParam } from '../transport/protocols.ts'
import { requestSent, shortAnswer } from '../wire/frames.ts'
import {
  contentType,
  nameAddr,
  otherFields,
  withIdentity,
  withoutPlaceholder,
  withTag,
} from './compose.ts'
import { dialogIdOf } from './dialog.ts'
import { knownMethods } from './incoming.ts'
import { readied } from './launch.ts'
import { localContact } from './local-contact.ts'
import { launch, type Outbound, sentMeta } from './outbound.ts'
import { targetOfUri } from './routing.ts'
import { isSubscription } from './subscription.ts'

export interface NewRequest {
  readonly frameId: string
  /** next hop given by the application, a SIP URI */
  readonly nextHop: string
  readonly frame: SipMessage
}

const toMyself = 'can not send request to myself'

/** Each makes a dialog, and is to be answered to. */
const contactMethods = new Set(['INVITE', 'SUBSCRIBE', 'REFER'])

/** Where a request goes: a registered connection, the next hop, or the Request-URI itself. */
const routed = (context: Context, uri: SipUri, { frame, nextHop }: NewRequest): string | Target => {
  const { transports } = context
  const registered = nextHop === '' ? context.registered.find(frame.uri) : undefined
  if (registered !== undefined) return registered
  const hop = nextHop === '' ? frame.uri : nextHop.replace(/^<|>$/g, '')
  const hopUri = parseUri(hop)
  if (hopUri === undefined) return `invalid request-uri: ${hop}`
  if (transports.isOwn(hopUri.host, portOfUri(hopUri))) return toMyself
  const named = namedProtocol(hopUri) ?? namedProtocol(uri)
  const target = targetOfUri(hop, transports)
  const protocol = transports.protocols.find((each) => each === named)
  if (target === undefined || (named !== undefined && protocol === undefined)) {
    return 'requested protocol/transport not available'
  }
  if (protocol === undefined) return target
  const isOpen = target.open === true && uriTransport(uri) === undefined
  const found = { ...target, protocol, open: isOpen }
  // a phone's end of a connection that it opened: it cannot be connected to, unless it says that it can
  const isAtHome = hopUri.host === uri.host && portOfUri(hopUri) === portOfUri(uri)
  return (isAtHome ? undefined : context.registered.from(found)) ?? found
}

/** Why the frame cannot be sent, in the words of the protocol, or where to send it. */
const planned = (context: Context, request: NewRequest): string | Target => {
  const { frame } = request
  const uri = parseUri(frame.uri)
  if (uri === undefined || !knownMethods.has(frame.method)) {
    return `invalid request-uri: ${frame.text.slice(0, frame.text.search(/[\r\n]|$/))}`
  }
  const target = routed(context, uri, request)
  if (typeof target !== 'string' && 'missing' in contentType(frame)) return 'missing content-type'
  return target
}

/** A CSeq number to start with, from the clock (RFC 3261 section 8.1.1.5). */
const newSeq = (nowMs: number): number => Math.floor(nowMs / 2000) % 2 ** 31

interface Identity {
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly seq: number
}

/** host:port of ours that whoever is there is told */
const ownPlace = ({ transports }: Context, target: Target): string =>
  transports.contactAddress(addressOf(target), target.protocol)

/** What the application may set and otherwise is made up. */
const identityOf = (context: Context, frame: SipMessage, hostPort: string): Identity => {
  const { random } = context
  const from = frame.header('from')
  const to = frame.header('to')
  const written = nameAddr(
    from === undefined ? `<sip:${hostPort}>` : withoutPlaceholder(from, hostPort),
  )
  const cseq = frame.header('cseq') ?? ''
  return {
    from: withTag(written, random.token(13)),
    to: nameAddr(to === undefined ? `<${frame.uri}>` : withoutPlaceholder(to, hostPort)),
    callId: frame.header('call-id') ?? random.uuid(),
    seq: parseCSeq(cseq)?.number ?? decimal(cseq) ?? newSeq(context.clock.nowMs()),
  }
}

const contactFields = (
  context: Context,
  frame: SipMessage,
  target: Target,
  hostPort: string,
): Field[] => {
  const given = frame.headers('contact')
  if (given.length === 0) {
    if (!contactMethods.has(frame.method)) return []
    return [
      [
        'Contact',
        localContact(context, { protocol: target.protocol, host: addressOf(target) }, frame.uri),
      ],
    ]
  }
  const place = hostPort + transportParam(target.protocol)
  return given.map((each) => ['Contact', withoutPlaceholder(nameAddr(each), place)])
}

const draftOf = (
  context: Context,
  frame: SipMessage,
  target: Target,
  identity: Identity,
): Draft => {
  const hostPort = ownPlace(context, target)
  const type = contentType(frame)
  const fields: Field[] = [
    ['Max-Forwards', frame.header('max-forwards') ?? '70'],
    ['From', identity.from],
    ['To', identity.to],
    ['Call-ID', identity.callId],
    ['CSeq', `${identity.seq} ${frame.method}`],
    ...frame.headers('route').map((value): Field => ['Route', value]),
    ...contactFields(context, frame, target, hostPort),
    ...('fields' in type ? type.fields : []),
    ...withIdentity(otherFields(frame), hostPort),
  ]
  return { start: `${frame.method} ${frame.uri} SIP/2.0`, fields, body: frame.body }
}

/** A request of an application outside any dialog. */
export const sendNew = (context: Context, app: App, request: NewRequest): void => {
  const { frame } = request
  const target = planned(context, request)
  const refuse = (why: string): void => {
    app.send(shortAnswer(context, request.frameId, 'NOK', why))
  }
  if (typeof target === 'string') {
    refuse(target)
    return
  }
  context.transports.names.ways(target, frame.header('call-id') ?? '', (ways) => {
    const others = ways.filter((way) => !isSelf(context, way))
    // a name that leads nowhere is told in a response, as any other peer that is not there
    if (ways.length > 0 && others.length === 0) refuse(toMyself)
    else if (context.transactions.full) refuse('too many transactions')
    else if (app.open) sendTo(context, app, request, others.length > 0 ? others : [target])
  })
}

const isSelf = ({ transports }: Context, { place }: Target): boolean =>
  place !== undefined && transports.isOwn(place.address, place.port)

const sendTo = (
  context: Context,
  app: App,
  { frameId, frame }: NewRequest,
  [target, ...others]: readonly Target[],
): void => {
  if (target === undefined) return
  const identity = identityOf(context, frame, ownPlace(context, target))
  const { method } = frame
  const build = (to: Target): ClientRequest =>
    readied(context, method, draftOf(context, frame, to, identity), to)
  const localTag = tagOf(identity.from) ?? ''
  const outbound: Outbound = {
    id: context.random.uuid(),
    app,
    method,
    callId: identity.callId,
    localTag,
    seq: identity.seq,
    dialogId: contactMethods.has(method) ? dialogIdOf(identity.callId, localTag) : '',
    inDialog: false,
    request: build(target),
    transaction: undefined,
    dialog: undefined,
    rseqs: new Map(),
    provisional: false,
    cancel: 'none',
    cancelRequest: undefined,
    finished: false,
    stopWaiting: () => undefined,
  }
  if (isSubscription(outbound)) context.subscribing.set(outbound.dialogId, outbound)
  tell(context, app, frameId, outbound)
  launch(context, outbound, { others, build })
}

/** The frame that tells the application the transaction id; must precede every response. */
const tell = (context: Context, app: App, frameId: string, outbound: Outbound): void => {
  const { id, request } = outbound
  app.send(
    requestSent(context, frameId, {
      meta: sentMeta(context, request),
      txnId: id,
      text: request.text,
    }),
  )
}
