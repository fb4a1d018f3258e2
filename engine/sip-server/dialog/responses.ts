import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { decimal } from '../message/text.ts'
import type { Peer } from '../transport/peer.ts'
import type { Meta } from '../wire/frames.ts'
import { sendHeldCancel } from './cancel-out.ts'
import { endDialog } from './end.ts'
import { endOrphan } from './orphan.ts'
import { finishOutbound, type Outbound, showResponse } from './outbound.ts'
import { armFromReceived } from './session-timer.ts'
import { expectRefresh, isOverBy, isSubscription } from './subscription.ts'
import { confirmUac, earlyUac, isFork, refuseFork } from './uac.ts'
import { refreshTarget } from './uas.ts'

const maxForks = 64

/** A reliable provisional response (RFC 3262): true if it was seen before or is out of order. */
const isRepeatedProvisional = (outbound: Outbound, message: SipMessage): boolean => {
  if (!message.hasOption('require', '100rel')) return false
  const rseq = decimal(message.header('rseq') ?? '')
  if (rseq === undefined) return false
  // each callee of a forked INVITE counts for itself
  const tag = message.toTag ?? ''
  const last = outbound.rseqs.get(tag)
  if (last !== undefined && rseq !== last + 1) return true
  if (last !== undefined || outbound.rseqs.size < maxForks) outbound.rseqs.set(tag, rseq)
  return false
}

const takeProvisional = (
  context: Context,
  outbound: Outbound,
  message: SipMessage,
  peer: Peer,
  meta: Meta,
): void => {
  outbound.provisional = true
  sendHeldCancel(context, outbound)
  if (message.status === 100) {
    const shown = context.showsTrying && outbound.method === 'INVITE' && !outbound.inDialog
    if (shown) showResponse(context, outbound, message.text, meta)
    return
  }
  if (isRepeatedProvisional(outbound, message)) return
  const reliable = message.hasOption('require', '100rel')
  if (reliable && outbound.method === 'INVITE' && !outbound.inDialog) {
    earlyUac(context, outbound, message, peer)
  }
  showResponse(context, outbound, message.text, meta)
}

/** What the final response to a request in a dialog does to the dialog. */
const settleInDialog = (
  context: Context,
  outbound: Outbound,
  message: SipMessage,
  peer: Peer,
): void => {
  const { dialog, method } = outbound
  if (dialog === undefined) return
  const { status } = message
  const challenged = status === 401 || status === 407
  if (method === 'BYE' && !challenged) endDialog(context, dialog)
  if (isSubscription(dialog)) {
    const state = outbound.request.draft.fields.find(([name]) => name === 'Subscription-State')
    if (isOverBy(method, status, state?.[1])) endDialog(context, dialog)
  }
  if (status < 200 || status > 299) return
  if (method === 'SUBSCRIBE') {
    refreshTarget(dialog, message, peer)
    expectRefresh(context, dialog, grantedBy(outbound, message))
  }
  // cancelling a re-INVITE too late does not end the call
  if (method === 'INVITE') dialog.toAck = { seq: outbound.seq, cancelled: false }
  if (method !== 'INVITE' && method !== 'UPDATE') return
  refreshTarget(dialog, message, peer)
  armFromReceived(context, dialog, message)
}

/** The lifetime that a 2xx grants; without a word, what was asked for. */
const grantedBy = (outbound: Outbound, message: SipMessage): string | undefined =>
  message.header('expires') ??
  outbound.request.draft.fields.find(([name]) => name === 'Expires')?.[1]

/** A REFER makes none if both sides want no subscription (RFC 4488). */
const makesDialog = ({ method, dialog }: Outbound, answer: SipMessage): boolean => {
  if (method !== 'REFER') return method === 'INVITE' || method === 'SUBSCRIBE'
  return dialog !== undefined || !/^\s*false\b/i.test(answer.header('refer-sub') ?? '')
}

const settleNew = (context: Context, outbound: Outbound, message: SipMessage, peer: Peer): void => {
  const accepted = message.status < 300
  if (accepted && makesDialog(outbound, message)) {
    confirmUac(context, outbound, message, peer)
    if (outbound.dialog !== undefined) {
      expectRefresh(context, outbound.dialog, grantedBy(outbound, message))
    }
  } else if (!accepted && outbound.dialog !== undefined) endDialog(context, outbound.dialog)
}

const takeFinal = (
  context: Context,
  outbound: Outbound,
  message: SipMessage,
  peer: Peer,
  meta: Meta,
): void => {
  finishOutbound(context, outbound)
  if (outbound.inDialog) settleInDialog(context, outbound, message, peer)
  else settleNew(context, outbound, message, peer)
  if (outbound.app.open) showResponse(context, outbound, message.text, meta)
  else if (outbound.dialog !== undefined && message.status < 300) {
    endOrphan(context, outbound.dialog)
  }
}

/** A 2xx to an INVITE that was accepted before: acknowledged again, or another fork's. */
const takeRepeated2xx = (
  context: Context,
  outbound: Outbound,
  message: SipMessage,
  peer: Peer,
): void => {
  if (isFork(outbound, message)) refuseFork(context, outbound, message, peer)
  else outbound.dialog?.acks.get(outbound.seq)?.()
}

/** A response to a request of an application, from the network or made here. */
export const takeResponse = (
  context: Context,
  outbound: Outbound,
  message: SipMessage,
  peer: Peer,
  meta: Meta,
): void => {
  if (outbound.finished) {
    if (message.status >= 200 && message.status < 300 && outbound.method === 'INVITE') {
      takeRepeated2xx(context, outbound, message, peer)
    }
  } else if (message.status < 200) takeProvisional(context, outbound, message, peer, meta)
  else takeFinal(context, outbound, message, peer, meta)
}
