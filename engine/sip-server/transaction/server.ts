import type { SipMessage } from '../message/message.ts'
import { type Peer, type SendFailure, type Target, targetOf } from '../transport/peer.ts'
import { defaultPort, isWebSocket } from '../transport/protocols.ts'
import { inviteServer } from './invite-server.ts'
import type { TxAct } from './machine.ts'
import { nonInviteServer } from './non-invite-server.ts'
import { MachineRun, type RunContext } from './run.ts'

export interface ServerContext extends RunContext {
  send(target: Target, text: string, failed: (why: SendFailure) => void): void
}

/** What the user of a server transaction hears. */
export interface ServerUser {
  /** ACK that came on this transaction although it is for a 2xx (RFC 2543 peers) */
  ack(message: SipMessage, peer: Peer): void
  unacknowledged(): void
  /** a CANCEL came before a final response; the user answers both */
  cancelled(cancel: ServerTransaction, request: SipMessage, peer: Peer): void
}

export const silentUser: ServerUser = {
  ack: () => undefined,
  unacknowledged: () => undefined,
  cancelled: () => undefined,
}

/** Answers go to the packet's source; on a broken stream to the sent-by port (RFC 3261 18.2.2). */
const replyTarget = (request: SipMessage, peer: Peer): Target => {
  if (peer.protocol === 'udp') return targetOf(peer)
  if (isWebSocket(peer.protocol)) return { ...targetOf(peer), streamOnly: true }
  return { ...targetOf(peer), port: request.via?.port ?? defaultPort(peer.protocol) }
}

/** What the layer hears. */
export interface ServerLife {
  /** Its final answer is out; not told of an INVITE, whose ACK is still to come. */
  answered(): void
  ended(): void
}

export class ServerTransaction {
  readonly method: string
  readonly peer: Peer
  user: ServerUser = silentUser
  readonly #target: Target
  readonly #context: ServerContext
  readonly #run: MachineRun
  readonly #life: ServerLife
  #last: string | undefined
  #ack: { readonly message: SipMessage; readonly peer: Peer } | undefined

  constructor(request: SipMessage, peer: Peer, context: ServerContext, life: ServerLife) {
    this.method = request.method
    this.peer = peer
    this.#target = replyTarget(request, peer)
    this.#context = context
    const machine = request.method === 'INVITE' ? inviteServer : nonInviteServer
    const reliable = peer.protocol !== 'udp'
    this.#run = new MachineRun(machine, context, reliable, (act) => this.#perform(act), life.ended)
    this.#life = life
  }

  /** True until a final response was given. */
  get open(): boolean {
    return this.#run.state === 'proceeding' || this.#run.state === 'trying'
  }

  /** Sends a response. Returns false, and sends nothing, if a final one was given before. */
  respond(status: number, text: string): boolean {
    const before = this.#last
    this.#last = text
    if (status < 200) return this.#feedResponse('1xx', before)
    return this.#feedResponse(status < 300 ? '2xx' : '3xx-6xx', before)
  }

  /** The request came again. */
  repeated(): void {
    this.#run.feed('request')
  }

  acknowledged(message: SipMessage, peer: Peer): void {
    this.#ack = { message, peer }
    this.#run.feed('ack')
    this.#ack = undefined
  }

  stop(): void {
    this.#run.stop()
  }

  #feedResponse(input: '1xx' | '2xx' | '3xx-6xx', before: string | undefined): boolean {
    const taken = this.#run.feed(input)
    if (!taken) this.#last = before
    else if (input !== '1xx' && this.method !== 'INVITE') this.#life.answered()
    return taken
  }

  #perform(act: TxAct): void {
    if (act === 'send' || act === 'resend') {
      if (this.#last === undefined) return
      if (act === 'resend') this.#context.counters.retransmitted++
      this.#context.send(this.#target, this.#last, () => undefined)
    } else if (act === 'up' && this.#ack !== undefined) {
      this.user.ack(this.#ack.message, this.#ack.peer)
    } else if (act === 'unacknowledged') this.user.unacknowledged()
  }
}
