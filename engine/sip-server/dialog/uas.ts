import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { parseWithRestAsBody } from '../message/parse.ts'
import { detached } from '../message/text.ts'
import { comesThroughUs, forwardAck } from '../proxy/in-route.ts'
import { giveUpMs } from '../timing.ts'
import type { Peer } from '../transport/peer.ts'
import { receivedMeta, sipFrame } from '../wire/frames.ts'
import type { Dialog } from './dialog.ts'
import { hangUp } from './hang-up.ts'
import type { Inbound } from './inbound.ts'
import { flowOf, routeSet, uriOf } from './routing.ts'
import { armFromSent } from './session-timer.ts'
import { expectRefresh } from './subscription.ts'

const isSdp = (message: SipMessage): boolean =>
  /^application\/sdp\b/i.test(message.header('content-type') ?? '')

/** The dialog that a response of ours makes (RFC 3261 section 12.1.1). */
const newDialog = (context: Context, inbound: Inbound, sent: SipMessage): Dialog => {
  const { request, peer, app } = inbound
  const routes = routeSet(request, 'uas').map(detached)
  // a request without Contact leaves only its source to talk to
  const contact = uriOf(request.list('contact')[0]) ?? `sip:${peer.address}:${peer.port}`
  const remoteTarget = detached(contact)
  const seq = request.cseq?.number ?? 0
  const dialog: Dialog = {
    id: inbound.dialogId,
    role: 'uas',
    method: request.method,
    callId: detached(request.callId),
    localTag: inbound.localTag,
    remoteTag: detached(request.fromTag ?? ''),
    local: detached(sent.header('to') ?? ''),
    remote: detached(request.header('from') ?? ''),
    owner: app,
    txnId: inbound.id,
    contact: detached(sent.header('contact') ?? ''),
    localSeq: seq,
    remoteSeq: seq,
    routes,
    remoteTarget,
    flow: flowOf(remoteTarget, routes, peer, 'uas'),
    accepted: new Map(),
    acks: new Map(),
    pendingInvite: undefined,
    peerInvite: undefined,
    takesUpdate: request.hasOption('allow', 'update'),
    toAck: undefined,
    refreshing: false,
    stopSession: () => undefined,
    stopSubscription: () => undefined,
    endings: new Set(),
    localSdp: isSdp(sent) ? detached(sent.body) : undefined,
    state: 'early',
  }
  context.dialogs.add(dialog)
  return dialog
}

/** The peer's Contact in a request that we accepted is where it wants to be reached from now. */
export const refreshTarget = (dialog: Dialog, message: SipMessage, peer: Peer): void => {
  const named = uriOf(message.list('contact')[0])
  if (named === undefined) return
  const uri = detached(named)
  dialog.remoteTarget = uri
  dialog.flow = flowOf(uri, dialog.routes, peer, dialog.role)
}

/** Makes the dialog of an inbound request, or returns the one that it has. */
export const dialogOf = (context: Context, inbound: Inbound, text: string): Dialog => {
  const sent = parseWithRestAsBody(text)!
  if (inbound.dialog === undefined) inbound.dialog = newDialog(context, inbound, sent)
  else if (isSdp(sent)) inbound.dialog.localSdp = detached(sent.body)
  return inbound.dialog
}

/**
 * Repeats a 2xx until it is acknowledged (RFC 3261 section 13.3.1.4), at T1 doubling to T2;
 * after 64 * T1 the call is ended with a BYE.
 */
const repeatUntilAck = (context: Context, dialog: Dialog, inbound: Inbound, text: string): void => {
  const { clock, timing, counters, random } = context
  const seq = inbound.request.cseq?.number ?? 0
  let cancelRepeat = (): void => undefined
  const repeat = (delayMs: number): void => {
    cancelRepeat = clock.after(delayMs, () => {
      counters.retransmitted++
      inbound.transaction.respond(200, text)
      repeat(Math.min(delayMs * 2, timing.t2Ms))
    })
  }
  const cancelEnd = clock.after(giveUpMs(timing), () => {
    hangUp(context, dialog, 'SIP;cause=200;text="ACK timeout"')
  })
  repeat(timing.t1Ms)
  dialog.accepted.set(seq, {
    txnId: inbound.inDialog ? random.uuid() : inbound.id,
    stop: () => {
      cancelRepeat()
      cancelEnd()
    },
  })
}

/** A 2xx to an INVITE was sent. */
export const acceptInvite = (context: Context, inbound: Inbound, text: string): void => {
  const dialog = dialogOf(context, inbound, text)
  if (dialog.state === 'ended') return
  dialog.state = 'confirmed'
  if (inbound.inDialog) refreshTarget(dialog, inbound.request, inbound.peer)
  armFromSent(context, dialog, text)
  repeatUntilAck(context, dialog, inbound, text)
}

/** A 2xx to an UPDATE was sent. */
export const acceptUpdate = (context: Context, inbound: Inbound, text: string): void => {
  const { dialog } = inbound
  if (dialog === undefined || dialog.state === 'ended') return
  refreshTarget(dialog, inbound.request, inbound.peer)
  if (dialog.state === 'confirmed') armFromSent(context, dialog, text)
}

/** A 2xx to a SUBSCRIBE, or to a REFER outside a dialog, was sent. */
export const acceptSubscribe = (context: Context, inbound: Inbound, text: string): void => {
  const dialog = dialogOf(context, inbound, text)
  if (dialog.state === 'early') dialog.state = 'confirmed'
  if (inbound.request.method === 'SUBSCRIBE' && inbound.inDialog) {
    refreshTarget(dialog, inbound.request, inbound.peer)
  }
  const granted = parseWithRestAsBody(text)?.header('expires')
  expectRefresh(context, dialog, granted ?? inbound.request.header('expires'))
}

/** An ACK for a 2xx. A repeated or stray one is dropped. */
export const takeAck = (context: Context, ack: SipMessage, peer: Peer): void => {
  if (comesThroughUs(context, ack)) {
    forwardAck(context, ack)
    return
  }
  const dialog = context.dialogs.find(ack.callId, ack.toTag ?? '', ack.fromTag)
  const seq = ack.cseq?.number ?? 0
  const accepted = dialog?.accepted.get(seq)
  if (dialog === undefined || accepted === undefined) {
    context.counters.dropped.strayAck++
    return
  }
  accepted.stop()
  dialog.accepted.delete(seq)
  dialog.owner.send(
    sipFrame(context, {
      meta: receivedMeta(ack, peer),
      txnId: accepted.txnId,
      dialogId: dialog.id,
      text: ack.text,
    }),
  )
}
