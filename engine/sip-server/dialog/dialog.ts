import type { App } from '../context.ts'
import type { Target } from '../transport/peer.ts'
import type { Inbound } from './inbound.ts'
import type { Outbound } from './outbound.ts'

/** A 2xx of ours that waits for its ACK. */
export interface Accepted {
  /** transaction id under which the ACK is shown to the application */
  readonly txnId: string
  /** ends the repetition and the wait */
  stop(): void
}

/** RFC 3261 section 12, as far as the control protocol needs it. */
export interface Dialog {
  /** `<Call-ID>;from-tag=<tag of the first request's From>` */
  readonly id: string
  readonly role: 'uac' | 'uas'
  readonly method: string
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** From and To of our requests, with tags */
  readonly local: string
  readonly remote: string
  readonly owner: App
  /** transaction id of the request that made it */
  readonly txnId: string
  /** our Contact value in this dialog */
  contact: string
  localSeq: number
  remoteSeq: number | undefined
  /** in the order of sending */
  routes: readonly string[]
  remoteTarget: string
  /** next hop if it is not what the route set or remote target say (NAT, open TCP stream) */
  flow: Target | undefined
  /** 2xx responses of ours without ACK yet, by CSeq number */
  readonly accepted: Map<number, Accepted>
  /** ACKs that we sent, by CSeq number, to be repeated when the 2xx comes again */
  readonly acks: Map<number, () => void>
  /** INVITE of ours in this dialog without a final response */
  pendingInvite: Outbound | undefined
  /** INVITE of ours that was accepted and that the application has still to acknowledge */
  toAck: { readonly seq: number; readonly cancelled: boolean } | undefined
  /** INVITE of the peer in this dialog that the application has not finally answered */
  peerInvite: Inbound | undefined
  /** the peer said that it takes UPDATE (RFC 3311) */
  readonly takesUpdate: boolean
  /** a refreshing re-INVITE of the server itself is under way */
  refreshing: boolean
  /** stops the session timer */
  stopSession: () => void
  /** stops the wait for the refresh of a subscription */
  stopSubscription: () => void
  /** functions to run when the dialog ends: timers and waits that belong to it */
  readonly endings: Set<() => void>
  /** body of our last SDP, for refreshes by the server itself */
  localSdp: string | undefined
  state: 'early' | 'confirmed' | 'ended'
}

export const dialogIdOf = (callId: string, fromTag: string | undefined): string =>
  `${callId};from-tag=${fromTag ?? ''}`

const localKey = (callId: string, localTag: string): string => `${callId}\n${localTag}`

const maxDialogs = 50_000

/** All dialogs of a server, found by their id or by an incoming request's tags. */
export class DialogStore {
  readonly #byId = new Map<string, Dialog>()
  readonly #byTags = new Map<string, Dialog>()

  get size(): number {
    return this.#byId.size
  }
  get full(): boolean {
    return this.#byId.size >= maxDialogs
  }

  add(dialog: Dialog): void {
    this.#byId.set(dialog.id, dialog)
    this.#byTags.set(localKey(dialog.callId, dialog.localTag), dialog)
  }

  get(id: string): Dialog | undefined {
    return this.#byId.get(id)
  }

  /** The dialog of a received request: its To tag is ours, its From tag the peer's. */
  find(callId: string, localTag: string, remoteTag: string | undefined): Dialog | undefined {
    const dialog = this.#byTags.get(localKey(callId, localTag))
    return dialog !== undefined && dialog.remoteTag === (remoteTag ?? '') ? dialog : undefined
  }

  remove(dialog: Dialog): void {
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id)
    const key = localKey(dialog.callId, dialog.localTag)
    if (this.#byTags.get(key) === dialog) this.#byTags.delete(key)
  }

  ownedBy(owner: App): Dialog[] {
    return [...this.#byId.values()].filter((dialog) => dialog.owner === owner)
  }
}
