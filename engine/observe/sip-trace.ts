import type { CallId } from '../core/ids.ts'
import type { DialogClaims, SipMessage, SipTrace, TracedCall } from '../core/ports/trace.ts'
import { withoutSipSecrets } from '../core/sip-secrets.ts'
import { oldestOf } from './oldest.ts'

export interface TraceLimits {
  /** of one dialog */
  readonly messages: number
  readonly bytes: number
  /** of all together */
  readonly totalBytes: number
  /** of one call: attempts, forks */
  readonly dialogs: number
}

export const traceLimits: TraceLimits = {
  messages: 64,
  bytes: 64 * 1024,
  totalBytes: 16 * 1024 * 1024,
  dialogs: 32,
}

/** About what an entry takes beside its text. */
const dialogBytes = 400
const messageBytes = 200

interface Dialog {
  readonly sipCallId: string
  callId: CallId | undefined
  readonly messages: SipMessage[]
  bytes: number
  truncated: boolean
}

interface Call {
  readonly dialogs: Dialog[]
  truncated: boolean
}

/**
 * The SIP messages of the last calls, in memory. Only what belongs to a dialog that an INVITE began is
 * kept. What no call has claimed makes room first, so that strangers' INVITEs push nothing out.
 */
export class SipTraceStore implements SipTrace, DialogClaims {
  readonly isOn = true
  readonly #limits: TraceLimits
  readonly #dialogs = new Map<string, Dialog>()
  readonly #unclaimed = new Map<string, Dialog>()
  readonly #calls = new Map<CallId, Call>()
  readonly #oldestUnclaimed = oldestOf(this.#unclaimed)
  readonly #oldestCall = oldestOf(this.#calls)
  #bytes = 0

  constructor(limits: Partial<TraceLimits> = {}) {
    this.#limits = { ...traceLimits, ...limits }
  }

  /** About what is held. */
  get bytes(): number {
    return this.#bytes
  }
  get callCount(): number {
    return this.#calls.size
  }

  record(message: SipMessage): void {
    const sipCallId = sipCallIdOf(message.raw)
    if (sipCallId === undefined) return
    const known = this.#dialogs.get(sipCallId)
    if (known === undefined && !message.raw.startsWith('INVITE ')) return
    this.#add(known ?? this.#open(sipCallId), message)
    this.#makeRoom()
  }

  /** A dialog that another call has already stays that call's. */
  claim(callId: CallId, sipCallId: string): void {
    if (sipCallId === '') return
    const dialog = this.#dialogs.get(sipCallId) ?? this.#open(sipCallId)
    if (dialog.callId !== undefined) return
    const call = this.#calls.get(callId) ?? { dialogs: [], truncated: false }
    this.#calls.set(callId, call)
    if (call.dialogs.length >= this.#limits.dialogs) {
      call.truncated = true
      return
    }
    dialog.callId = callId
    this.#unclaimed.delete(sipCallId)
    call.dialogs.push(dialog)
    this.#makeRoom()
  }

  ofCall(callId: CallId): TracedCall | undefined {
    const call = this.#calls.get(callId)
    if (call === undefined) return undefined
    const messages = call.dialogs.flatMap(({ sipCallId, messages: held }) =>
      held.map((each) => ({ ...each, raw: withoutSipSecrets(each.raw), sipCallId })),
    )
    return {
      messages: messages.sort((a, b) => a.atMs - b.atMs),
      truncated: call.truncated || call.dialogs.some(({ truncated }) => truncated),
    }
  }

  #open(sipCallId: string): Dialog {
    const dialog = { sipCallId, callId: undefined, messages: [], bytes: 0, truncated: false }
    this.#dialogs.set(sipCallId, dialog)
    this.#unclaimed.set(sipCallId, dialog)
    this.#count(dialog, dialogBytes)
    return dialog
  }

  /** How a dialog began tells most: of a full one the oldest of the later half go. */
  #add(dialog: Dialog, message: SipMessage): void {
    const { messages, bytes } = this.#limits
    const size = message.raw.length + messageBytes
    const kept = messages / 2
    while (
      dialog.messages.length > 0 &&
      (dialog.messages.length >= messages || dialog.bytes + size > bytes)
    ) {
      const [gone] = dialog.messages.splice(Math.min(kept, dialog.messages.length >> 1), 1)
      this.#count(dialog, -((gone?.raw.length ?? 0) + messageBytes))
      dialog.truncated = true
    }
    dialog.messages.push(message)
    this.#count(dialog, size)
  }

  #count(dialog: Dialog, bytes: number): void {
    dialog.bytes += bytes
    this.#bytes += bytes
  }

  #makeRoom(): void {
    while (this.#bytes > this.#limits.totalBytes) {
      const stranger = this.#oldestUnclaimed()
      if (stranger !== undefined) this.#forget(stranger[1])
      else if (!this.#forgetCall()) return
    }
  }

  /** The oldest one; false without any. */
  #forgetCall(): boolean {
    const oldest = this.#oldestCall()
    if (oldest === undefined) return false
    this.#calls.delete(oldest[0])
    for (const dialog of oldest[1].dialogs) this.#forget(dialog)
    return true
  }

  #forget(dialog: Dialog): void {
    this.#dialogs.delete(dialog.sipCallId)
    this.#unclaimed.delete(dialog.sipCallId)
    this.#count(dialog, -dialog.bytes)
  }
}

const callIdLine = /\n(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*)/i

/** Of the headers: a body may hold another message (message/sipfrag). Undefined without one. */
export function sipCallIdOf(raw: string): string | undefined {
  const bodyAt = raw.indexOf('\r\n\r\n')
  const head = bodyAt < 0 ? raw : raw.slice(0, bodyAt)
  const start = head.indexOf('\nCall-ID: ')
  if (start < 0) return callIdLine.exec(head)?.[1]?.trim() || undefined
  const from = start + '\nCall-ID: '.length
  const end = head.indexOf('\r', from)
  return head.slice(from, end < 0 ? undefined : end).trim() || undefined
}
