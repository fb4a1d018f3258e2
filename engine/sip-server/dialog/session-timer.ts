import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { param } from '../message/params.ts'
import { parseMessage } from '../message/parse.ts'
import type { Field } from '../message/print.ts'
import { decimal } from '../message/text.ts'
import type { Dialog } from './dialog.ts'
import { hangUp } from './hang-up.ts'
import { readied } from './launch.ts'
import { inDialogDraft } from './request-in-dialog.ts'
import { sendAck } from './uac.ts'

/** RFC 4028 section 4: no session interval may be shorter. */
export const minSeconds = 90

const jitterMs = 5000

interface SessionExpires {
  readonly seconds: number
  /** who refreshes, as seen in the transaction that carried the header */
  readonly refresher: 'uac' | 'uas' | undefined
}

export const sessionExpires = (message: SipMessage): SessionExpires | undefined => {
  const value = message.header('session-expires')
  if (value === undefined) return undefined
  const semicolon = value.indexOf(';')
  const head = semicolon < 0 ? value : value.slice(0, semicolon)
  const seconds = decimal(head.trim(), 9)
  if (seconds === undefined) return undefined
  const named = semicolon < 0 ? '' : param(value.slice(semicolon), 'refresher')?.toLowerCase()
  return { seconds, refresher: named === 'uac' || named === 'uas' ? named : undefined }
}

/** Session-Expires of a 2xx of ours, if the peer asked for a timer and named the refresher. */
export const sessionFields = (request: SipMessage, frame: SipMessage): Field[] => {
  const { method } = request
  if (frame.status < 200 || frame.status > 299) return []
  if (method !== 'INVITE' && method !== 'UPDATE') return []
  if (frame.header('session-expires') !== undefined) return []
  const asked = sessionExpires(request)
  if (asked?.refresher === undefined) return []
  const seconds = Math.max(minSeconds, asked.seconds)
  return [['Session-Expires', `${seconds};refresher=${asked.refresher}`]]
}

export const isTooSmall = (request: SipMessage): boolean =>
  (sessionExpires(request)?.seconds ?? minSeconds) < minSeconds

const stopTimer = (dialog: Dialog): void => {
  dialog.stopSession()
  dialog.endings.delete(dialog.stopSession)
  dialog.stopSession = () => undefined
}

const schedule = (context: Context, dialog: Dialog, delayMs: number, fn: () => void): void => {
  stopTimer(dialog)
  if (dialog.state === 'ended') return
  dialog.stopSession = context.clock.after(delayMs, fn)
  dialog.endings.add(dialog.stopSession)
}

const expire = (context: Context, dialog: Dialog): void =>
  hangUp(context, dialog, 'SIP;cause=200;text="Session timer expired"')

/** Starts the session timer of a dialog anew, as a 2xx says. */
const arm = (
  context: Context,
  dialog: Dialog,
  said: SessionExpires | undefined,
  weAre: 'uac' | 'uas',
): void => {
  if (said === undefined) {
    stopTimer(dialog)
    return
  }
  const seconds = Math.max(minSeconds, said.seconds)
  if ((said.refresher ?? 'uac') !== weAre) {
    schedule(context, dialog, seconds * 1000, () => expire(context, dialog))
    return
  }
  const shiftMs = context.random.below(2 * jitterMs) - jitterMs
  schedule(context, dialog, seconds * 500 + shiftMs, () => refresh(context, dialog, seconds))
}

/** A 2xx of ours to an INVITE or UPDATE went out. */
export const armFromSent = (context: Context, dialog: Dialog, text: string): void => {
  const sent = parseMessage(text)
  if (sent !== undefined) arm(context, dialog, sessionExpires(sent), 'uas')
}

/** A 2xx to an INVITE or UPDATE of ours came. */
export const armFromReceived = (context: Context, dialog: Dialog, message: SipMessage): void =>
  arm(context, dialog, sessionExpires(message), 'uac')

const refreshFields = (dialog: Dialog, seconds: number): Field[] => [
  ['Contact', dialog.contact],
  ['Supported', 'timer'],
  ['Session-Expires', `${seconds};refresher=uac`],
  ['Min-SE', `${minSeconds}`],
  ...(dialog.localSdp === undefined ? [] : [['Content-Type', 'application/sdp'] as const]),
]

const settle = (
  context: Context,
  dialog: Dialog,
  message: SipMessage,
  seq: number,
  seconds: number,
): void => {
  const { status } = message
  if (status < 200) return
  dialog.refreshing = false
  if (status < 300) {
    const again = dialog.acks.get(seq)
    if (again === undefined) sendAck(context, dialog, seq, { fields: [], body: '' })
    else again()
    if (again === undefined) armFromReceived(context, dialog, message)
  } else if (status === 491) {
    // both sides at once: RFC 3261 section 14.1
    const delayMs = 2100 + 10 * context.random.below(190)
    schedule(context, dialog, delayMs, () => refresh(context, dialog, seconds))
  } else expire(context, dialog)
}

/** Refreshes the session by a re-INVITE of our own, unseen by the application. */
const refresh = (context: Context, dialog: Dialog, seconds: number): void => {
  if (dialog.pendingInvite !== undefined) {
    schedule(context, dialog, context.timing.t2Ms, () => refresh(context, dialog, seconds))
    return
  }
  const seq = dialog.localSeq + 1
  const planned = inDialogDraft(context, dialog, {
    method: 'INVITE',
    seq,
    fields: refreshFields(dialog, seconds),
    body: dialog.localSdp ?? '',
  })
  if (planned === undefined) {
    expire(context, dialog)
    return
  }
  dialog.localSeq = seq
  dialog.refreshing = true
  const request = readied(context, 'INVITE', planned.draft, planned.target)
  context.transactions.send(request, {
    response: (message) => settle(context, dialog, message, seq, seconds),
    over: () => {
      dialog.refreshing = false
      expire(context, dialog)
    },
  })
}
