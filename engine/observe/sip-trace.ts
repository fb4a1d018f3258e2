import type { CallId } from '../core/ids.ts'
import type {
  DialogClaims,
  DialogStart,
  SipMessage,
  SipTrace,
  TracedCall,
} from '../core/ports/trace.ts'
import { withoutSipSecrets } from '../core/sip-secrets.ts'
import { oldestOf } from './oldest.ts'
import { readTraced, type Traced } from './traced-head.ts'

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
  readonly key: string
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
 *
 * A dialog, with all of its forks, is known by its Call-ID, the tag of who sent the INVITE, and whether that
 * was us: a Call-ID alone is anybody's to choose, and what we send may come back to us as another call.
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
    const head = readTraced(message.raw)
    if (head === undefined) return
    const begins = head.isRequest && head.toTag === '' && message.raw.startsWith('INVITE ')
    const isSent = message.direction === 'out'
    const dialog = begins
      ? this.#dialog(head.sipCallId, head.fromTag, isSent)
      : this.#known(head, isSent)
    if (dialog === undefined) return
    this.#add(dialog, message)
    this.#makeRoom()
  }

  /** A dialog that another call has already stays that call's. */
  claim(callId: CallId, { sipCallId, tag, by }: DialogStart): void {
    if (sipCallId === '') return
    const dialog = this.#dialog(sipCallId, tag, by === 'us')
    if (dialog.callId !== undefined) return
    const call = this.#calls.get(callId) ?? { dialogs: [], truncated: false }
    this.#calls.set(callId, call)
    if (call.dialogs.length >= this.#limits.dialogs) {
      call.truncated = true
      return
    }
    dialog.callId = callId
    this.#unclaimed.delete(dialog.key)
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

  /** In a dialog the tags change places with whoever asks; what a response is sent to asks. */
  #known({ isRequest, sipCallId, fromTag, toTag }: Traced, isSent: boolean): Dialog | undefined {
    const weAsk = isSent === isRequest
    const between = (asks: boolean) =>
      this.#dialogs.get(keyOf(sipCallId, fromTag, asks)) ??
      (toTag === '' ? undefined : this.#dialogs.get(keyOf(sipCallId, toTag, !asks)))
    // a SIP server that is not ours tells a BYE of its own like one that came
    return between(weAsk) ?? between(!weAsk)
  }

  #dialog(sipCallId: string, tag: string, isOurs: boolean): Dialog {
    const key = keyOf(sipCallId, tag, isOurs)
    const known = this.#dialogs.get(key)
    if (known !== undefined) return known
    const dialog = { key, sipCallId, callId: undefined, messages: [], bytes: 0, truncated: false }
    this.#dialogs.set(key, dialog)
    this.#unclaimed.set(key, dialog)
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
    this.#dialogs.delete(dialog.key)
    this.#unclaimed.delete(dialog.key)
    this.#count(dialog, -dialog.bytes)
  }
}

/** Line ends are in neither a Call-ID nor a tag. */
const keyOf = (sipCallId: string, tag: string, isOurs: boolean): string =>
  `${isOurs ? 'us' : 'peer'}\n${tag}\n${sipCallId}`
