import type { App, Context } from '../context.ts'
import { parseWithRestAsBody } from '../message/parse.ts'
import { responseText } from '../message/respond.ts'
import type { ClientRequest } from '../transaction/client.ts'
import { addressOf, type Peer, type SendFailure, type Target } from '../transport/peer.ts'
import { type Meta, sipFrame } from '../wire/frames.ts'
import { Attempts } from './attempts.ts'
import type { Dialog } from './dialog.ts'
import { takeResponse } from './responses.ts'
import { refuseFork } from './uac.ts'

/** A request that an application sent and that has no final response yet. */
export interface Outbound {
  readonly id: string
  readonly app: App
  readonly method: string
  readonly callId: string
  readonly localTag: string
  readonly seq: number
  /** what response frames name; empty if the request can make no dialog */
  readonly dialogId: string
  readonly inDialog: boolean
  /** as it went to the place that counts: each that it is tried at gets one of its own */
  request: ClientRequest
  transaction: Attempts | undefined
  /** the dialog it was sent in, or the one that its responses made */
  dialog: Dialog | undefined
  /** last RSeq of each callee by To tag (RFC 3262), to drop repetitions */
  readonly rseqs: Map<string, number>
  provisional: boolean
  /** `wanted`: held back until a provisional response comes (RFC 3261 section 9.1) */
  cancel: 'none' | 'wanted' | 'sent'
  cancelRequest: ClientRequest | undefined
  finished: boolean
  stopWaiting: () => void
}

export const sentMeta = (context: Context, request: ClientRequest): Meta => {
  const { target, text } = request
  const local = target.protocol === 'udp'
  return {
    source: 'application',
    bytes: text.length,
    protocol: target.protocol,
    address: local ? context.transports.socketAddress(addressOf(target)) : target.host,
    port: local ? context.transports.portOf('udp') : target.port,
  }
}

export const finishOutbound = (context: Context, outbound: Outbound): void => {
  if (outbound.finished) return
  outbound.finished = true
  outbound.stopWaiting()
  context.outbound.delete(outbound.id)
  if (context.subscribing.get(outbound.dialogId) === outbound) {
    context.subscribing.delete(outbound.dialogId)
  }
  if (outbound.dialog?.pendingInvite === outbound) outbound.dialog.pendingInvite = undefined
}

export const showResponse = (
  context: Context,
  outbound: Outbound,
  text: string,
  meta: Meta,
): void => {
  const { id, dialogId, app } = outbound
  app.send(sipFrame(context, { meta, txnId: id, dialogId, text }))
}

const localStatus = (outbound: Outbound, why: 'timeout' | SendFailure): [number, string] => {
  if (why === 'gone') return [430, 'Flow Failed']
  if (why === 'dns') return [503, 'DNS Error']
  if (why !== 'timeout') return [503, 'Service Unavailable']
  // a cancelled INVITE whose 487 never came is over all the same
  return outbound.cancel === 'sent' ? [487, 'Request Terminated'] : [408, 'Request Timeout']
}

/** Reports a result that no peer sent, in the shape of a response. */
const takeLocal = (context: Context, outbound: Outbound, why: 'timeout' | SendFailure): void => {
  if (outbound.finished) return
  const [status, reason] = localStatus(outbound, why)
  // an application's request may be longer than what we would take from a peer
  const request = parseWithRestAsBody(outbound.request.text)!
  const text = responseText(request, { status, reason, toTag: context.random.token(13) })
  const peer: Peer = { protocol: outbound.request.target.protocol, address: '', port: 0 }
  takeResponse(context, outbound, parseWithRestAsBody(text)!, peer, {
    source: 'network',
    bytes: 0,
    ...peer,
  })
}

/** Where a request may go after its first place, and how it is made for that. */
export interface Elsewhere {
  readonly others: readonly Target[]
  build(target: Target): ClientRequest
}

/** Books a request and sends it. The application must have been told of it before. */
export const launch = (context: Context, outbound: Outbound, elsewhere: Elsewhere): void => {
  context.outbound.set(outbound.id, outbound)
  const plan = { first: outbound.request, ...elsewhere }
  outbound.transaction = new Attempts(context, plan, {
    response: (message, peer) => {
      takeResponse(context, outbound, message, peer, {
        source: 'network',
        bytes: message.bytes,
        protocol: peer.protocol,
        address: peer.address,
        port: peer.port,
      })
    },
    // a moment later, so that the application has registered the request by then
    over: (why) => {
      context.clock.after(1, () => takeLocal(context, outbound, why))
    },
    again: (request) => {
      outbound.request = request
      outbound.provisional = false
    },
    late: (request, accepted, peer) => {
      refuseFork(context, { ...outbound, request }, accepted, peer)
    },
  })
  outbound.transaction.start()
}
