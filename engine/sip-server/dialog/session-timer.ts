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

/** How long before its end a session that nobody refreshes is given up (RFC 4028 section 10). */
const earlyMs = (seconds: number): number => Math.min(32_000, (seconds * 1000) / 3)

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
    const delayMs = Math.round(seconds * 1000 - earlyMs(seconds))
    schedule(context, dialog, delayMs, () => expire(context, dialog))
    return
  }
  const shiftMs = context.random.below(2 * jitterMs) - jitterMs
  const untilMs = context.clock.nowMs() + seconds * 1000 - earlyMs(seconds)
  const plan = { seconds, leastSeconds: minSeconds, untilMs }
  schedule(context, dialog, seconds * 500 + shiftMs, () => refresh(context, dialog, plan))
}

/** A 2xx of ours to an INVITE or UPDATE went out. */
export const armFromSent = (context: Context, dialog: Dialog, text: string): void => {
  const sent = parseMessage(text)
  if (sent !== undefined) arm(context, dialog, sessionExpires(sent), 'uas')
}

/** A 2xx to an INVITE or UPDATE of ours came. */
export const armFromReceived = (context: Context, dialog: Dialog, message: SipMessage): void =>
  arm(context, dialog, sessionExpires(message), 'uac')

/** What a refresh asks for. */
interface Plan {
  readonly seconds: number
  /** Min-SE: what the peer has told us that it needs, at least */
  readonly leastSeconds: number
  /** without a refresh the session is given up then */
  readonly untilMs: number
}

/** A refresh of ours that was sent. */
interface Refresh extends Plan {
  readonly method: 'INVITE' | 'UPDATE'
  readonly seq: number
}

/** UPDATE where the peer takes it: no offer is made, so none can cross another (RFC 4028 section 7.4). */
const refreshParts = (
  dialog: Dialog,
  { seconds, leastSeconds }: Plan,
): { method: 'INVITE' | 'UPDATE'; fields: Field[]; body: string } => {
  const method = dialog.takesUpdate ? 'UPDATE' : 'INVITE'
  const body = method === 'INVITE' ? (dialog.localSdp ?? '') : ''
  const fields: Field[] = [
    ['Contact', dialog.contact],
    ['Supported', 'timer'],
    ['Session-Expires', `${seconds};refresher=uac`],
    ['Min-SE', `${leastSeconds}`],
    ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
  ]
  return { method, fields, body }
}

/** Whose Call-ID it is waits longer, so that one of the two comes first (RFC 3261 section 14.1). */
const glareWaitMs = (context: Context, dialog: Dialog): number =>
  dialog.role === 'uac' ? 2100 + 10 * context.random.below(191) : 10 * context.random.below(201)

/** An interval longer than this is no wish to be told of dead calls. */
const mostSeconds = 24 * 3600

/** The peer wants a longer interval (RFC 4028 section 7.3); undefined if it does not say which. */
const longer = (message: SipMessage, plan: Plan): Plan | undefined => {
  const asked = decimal(message.header('min-se')?.split(';')[0]?.trim() ?? '', 9)
  if (asked === undefined || asked <= plan.leastSeconds || asked > mostSeconds) return undefined
  return { ...plan, seconds: Math.max(plan.seconds, asked), leastSeconds: asked }
}

/** Refreshes after a while, or gives the session up when its time comes before that. */
const refreshLater = (context: Context, dialog: Dialog, plan: Plan, delayMs: number): void => {
  const leftMs = Math.max(0, plan.untilMs - context.clock.nowMs())
  if (delayMs < leftMs) schedule(context, dialog, delayMs, () => refresh(context, dialog, plan))
  else schedule(context, dialog, leftMs, () => expire(context, dialog))
}

/** Another try needs at least that long to be answered. */
const leastTryMs = 10_000

/**
 * A refusal is no end of the call: the peer is there (RFC 4028 section 10). It is asked again, but not
 * again and again: when half of the time that is left is over, or as `Retry-After` says.
 */
const refreshRefused = (
  context: Context,
  dialog: Dialog,
  message: SipMessage,
  plan: Plan,
): void => {
  const halfMs = Math.round((plan.untilMs - context.clock.nowMs()) / 2)
  const askedMs =
    (decimal(/^\d{1,7}/.exec(message.header('retry-after') ?? '')?.[0] ?? '') ?? 0) * 1000
  const delayMs = halfMs < leastTryMs / 2 ? Number.POSITIVE_INFINITY : Math.max(halfMs, askedMs)
  refreshLater(context, dialog, plan, delayMs)
}

/** Answers that say that there is no call (RFC 4028 section 10), or never will be such a session. */
const hopeless = new Set([408, 422, 481])

const refreshed = (
  context: Context,
  dialog: Dialog,
  message: SipMessage,
  { method, seq }: Refresh,
): void => {
  const again = dialog.acks.get(seq)
  if (again !== undefined) {
    again()
    return
  }
  if (method === 'INVITE') sendAck(context, dialog, seq, { fields: [], body: '' })
  armFromReceived(context, dialog, message)
}

const settle = (context: Context, dialog: Dialog, message: SipMessage, sent: Refresh): void => {
  const { status } = message
  if (status < 200) return
  dialog.refreshing = false
  const wider = status === 422 ? longer(message, sent) : undefined
  if (status < 300) refreshed(context, dialog, message, sent)
  else if (wider !== undefined) refresh(context, dialog, wider)
  else if (status === 491) refreshLater(context, dialog, sent, glareWaitMs(context, dialog))
  else if (hopeless.has(status)) expire(context, dialog)
  else refreshRefused(context, dialog, message, sent)
}

/** Refreshes the session by a request of our own, unseen by the application. */
const refresh = (context: Context, dialog: Dialog, plan: Plan): void => {
  if (dialog.pendingInvite !== undefined || dialog.peerInvite !== undefined) {
    refreshLater(context, dialog, plan, context.timing.t2Ms)
    return
  }
  const seq = dialog.localSeq + 1
  const parts = refreshParts(dialog, plan)
  const { method } = parts
  const planned = inDialogDraft(context, dialog, { ...parts, seq })
  if (planned === undefined) {
    expire(context, dialog)
    return
  }
  dialog.localSeq = seq
  dialog.refreshing = method === 'INVITE'
  const request = readied(context, method, planned.draft, planned.target)
  context.transactions.send(request, {
    response: (message) => settle(context, dialog, message, { ...plan, method, seq }),
    over: () => {
      dialog.refreshing = false
      expire(context, dialog)
    },
  })
}
