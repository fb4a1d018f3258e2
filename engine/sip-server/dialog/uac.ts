import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { detached } from '../message/text.ts'
import { giveUpMs } from '../timing.ts'
import type { Peer } from '../transport/peer.ts'
import { type Dialog, dialogIdOf } from './dialog.ts'
import { endDialog } from './end.ts'
import { readied } from './launch.ts'
import type { Outbound } from './outbound.ts'
import { inDialogDraft } from './request-in-dialog.ts'
import { flowOf, routeSet, uriOf } from './routing.ts'

const fieldOf = (outbound: Outbound, wanted: string): string =>
  outbound.request.draft.fields.find(([name]) => name === wanted)?.[1] ?? ''

const requestUri = (outbound: Outbound): string => outbound.request.draft.start.split(' ')[1] ?? ''

import { armFromReceived } from './session-timer.ts'

/**
 * The dialog that a response makes for the caller (RFC 3261 section 12.1.2), or a NOTIFY that overtook it
 * (RFC 6665 section 4.1.2.4): there the peer is in From, and the route set is in order.
 */
const newDialog = (outbound: Outbound, message: SipMessage, peer: Peer): Dialog => {
  const byRequest = message.isRequest
  const routes = routeSet(message, byRequest ? 'uas' : 'uac').map(detached)
  const remoteTarget = detached(uriOf(message.list('contact')[0]) ?? requestUri(outbound))
  return {
    id: outbound.dialogId,
    role: 'uac',
    method: outbound.method,
    callId: outbound.callId,
    localTag: outbound.localTag,
    remoteTag: detached((byRequest ? message.fromTag : message.toTag) ?? ''),
    local: fieldOf(outbound, 'From'),
    remote: detached(message.header(byRequest ? 'from' : 'to') ?? ''),
    owner: outbound.app,
    txnId: outbound.id,
    contact: fieldOf(outbound, 'Contact'),
    localSeq: outbound.seq,
    remoteSeq: undefined,
    routes,
    remoteTarget,
    flow: flowOf(remoteTarget, routes, peer, 'uac'),
    accepted: new Map(),
    acks: new Map(),
    pendingInvite: undefined,
    peerInvite: undefined,
    takesUpdate: message.hasOption('allow', 'update'),
    toAck: undefined,
    refreshing: false,
    stopSession: () => undefined,
    stopSubscription: () => undefined,
    endings: new Set(),
    localSdp: outbound.request.draft.body === '' ? undefined : outbound.request.draft.body,
    state: 'early',
  }
}

const adopt = (context: Context, outbound: Outbound, response: SipMessage, peer: Peer): Dialog => {
  const before = outbound.dialog
  if (before !== undefined && before.remoteTag === (response.toTag ?? '')) return before
  // another fork than the one that rang reliably
  if (before !== undefined) endDialog(context, before)
  const dialog = newDialog(outbound, response, peer)
  // a fork that speaks again after another one must not see a number twice
  dialog.localSeq = before?.localSeq ?? dialog.localSeq
  outbound.dialog = dialog
  context.dialogs.add(dialog)
  return dialog
}

/** A reliable provisional response came: requests in the dialog (PRACK, UPDATE) are possible. */
export const earlyUac = (
  context: Context,
  outbound: Outbound,
  response: SipMessage,
  peer: Peer,
): void => {
  adopt(context, outbound, response, peer)
}

/** The dialog of a NOTIFY that came before the answer to our SUBSCRIBE or REFER; undefined if it did not. */
export const notifiedUac = (
  context: Context,
  notify: SipMessage,
  peer: Peer,
): Dialog | undefined => {
  const outbound = context.subscribing.get(dialogIdOf(notify.callId, notify.toTag))
  // another fork's would be another dialog, which the control protocol has no name for
  if (notify.method !== 'NOTIFY' || outbound === undefined || outbound.dialog !== undefined) {
    return undefined
  }
  const dialog = newDialog(outbound, notify, peer)
  outbound.dialog = dialog
  context.dialogs.add(dialog)
  return dialog
}

/** A 2xx came. The route set and remote target are taken from it (RFC 3261 section 13.2.2.4). */
export const confirmUac = (
  context: Context,
  outbound: Outbound,
  response: SipMessage,
  peer: Peer,
): void => {
  const dialog = adopt(context, outbound, response, peer)
  if (dialog.state === 'early') {
    const routes = routeSet(response, 'uac').map(detached)
    dialog.routes = routes
    dialog.remoteTarget = detached(uriOf(response.list('contact')[0]) ?? dialog.remoteTarget)
    dialog.flow = flowOf(dialog.remoteTarget, routes, peer, 'uac')
    dialog.state = 'confirmed'
  }
  if (outbound.method === 'INVITE') {
    dialog.toAck = { seq: outbound.seq, cancelled: outbound.cancel !== 'none' }
    armFromReceived(context, dialog, response)
  }
}

export const isFork = (outbound: Outbound, response: SipMessage): boolean =>
  outbound.dialog !== undefined && outbound.dialog.remoteTag !== (response.toTag ?? '')

/** Sends the ACK of a 2xx and keeps it for repetitions of the 2xx; undefined without a way. */
export const sendAck = (
  context: Context,
  dialog: Dialog,
  seq: number,
  parts: Pick<Parameters<typeof inDialogDraft>[2], 'fields' | 'body' | 'nextHop'>,
): ReturnType<typeof readied> | undefined => {
  const planned = inDialogDraft(context, dialog, { method: 'ACK', seq, ...parts })
  if (planned === undefined) return undefined
  const ack = readied(context, 'ACK', planned.draft, planned.target)
  const again = (): void => context.transports.send(ack.target, ack.text, () => undefined)
  again()
  dialog.acks.set(seq, again)
  const forget = context.clock.after(giveUpMs(context.timing), () => {
    dialog.acks.delete(seq)
    dialog.endings.delete(forget)
  })
  dialog.endings.add(forget)
  return ack
}

/** A second callee answered: it is acknowledged and hung up on (RFC 3261 section 13.2.2.4). */
export const refuseFork = (
  context: Context,
  outbound: Outbound,
  response: SipMessage,
  peer: Peer,
): void => {
  const fork = newDialog(outbound, response, peer)
  sendAck(context, fork, outbound.seq, { fields: [], body: '' })
  const planned = inDialogDraft(context, fork, {
    method: 'BYE',
    seq: outbound.seq + 1,
    fields: [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']],
    body: '',
  })
  endDialog(context, fork)
  if (planned === undefined) return
  const bye = readied(context, 'BYE', planned.draft, planned.target)
  context.transactions.send(bye, { response: () => undefined, over: () => undefined })
}
