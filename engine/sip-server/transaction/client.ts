import type { SipMessage } from '../message/message.ts'
import { type Draft, type Field, printMessage } from '../message/print.ts'
import type { Peer, SendFailure, Target } from '../transport/peer.ts'
import { inviteClient } from './invite-client.ts'
import type { TxAct } from './machine.ts'
import { nonInviteClient } from './non-invite-client.ts'
import { MachineRun, type RunContext } from './run.ts'

/** What the user of a client transaction hears; each method is called in the order of events. */
export interface ClientUser {
  /** every response that is not a repetition, and every 2xx to an INVITE */
  response(message: SipMessage, peer: Peer): void
  /** no answer, or no way to the peer; nothing further follows */
  over(why: 'timeout' | SendFailure): void
}

export interface ClientRequest {
  readonly method: string
  readonly branch: string
  readonly draft: Draft
  readonly text: string
  readonly target: Target
}

export interface ClientContext extends RunContext {
  send(target: Target, text: string, failed: (why: SendFailure) => void): void
}

const inputOf = (status: number): '1xx' | '2xx' | '3xx-6xx' => {
  if (status < 200) return '1xx'
  return status < 300 ? '2xx' : '3xx-6xx'
}

const ackFields = new Set(['Via', 'Route', 'From', 'Call-ID'])

/** The ACK of a failed INVITE (RFC 3261 section 17.1.1.3). */
export const failureAck = (invite: Draft, response: SipMessage): string => {
  let vias = 0
  // a forwarded INVITE has several Via values; its ACK only the top one
  const fields: Field[] = invite.fields.filter(
    ([name]) => ackFields.has(name) && (name !== 'Via' || vias++ === 0),
  )
  const cseq = response.cseq?.number ?? 0
  fields.push(['To', response.header('to') ?? ''], ['CSeq', `${cseq} ACK`], ['Max-Forwards', '70'])
  const start = invite.start.replace(/^INVITE /, 'ACK ')
  return printMessage({ start, fields, body: '' })
}

export class ClientTransaction {
  readonly request: ClientRequest
  readonly #user: ClientUser
  readonly #context: ClientContext
  readonly #run: MachineRun
  #response: { readonly message: SipMessage; readonly peer: Peer } | undefined
  #ack: string | undefined
  #failure: SendFailure = 'unreachable'
  readonly #gate = { shut: false }

  constructor(request: ClientRequest, user: ClientUser, context: ClientContext, ended: () => void) {
    this.request = request
    this.#user = user
    this.#context = context
    const machine = request.method === 'INVITE' ? inviteClient : nonInviteClient
    const reliable = request.target.protocol !== 'udp'
    this.#run = new MachineRun(machine, context, reliable, (act) => this.#perform(act), ended)
  }

  /** Sends the request for the first time. */
  start(): void {
    this.#request()
  }

  /** A response that belongs to this transaction. */
  receive(message: SipMessage, peer: Peer): void {
    this.#response = { message, peer }
    this.#run.feed(inputOf(message.status))
    this.#response = undefined
  }

  /** Ends an INVITE that was cancelled and never finally answered; reports `timeout`. */
  giveUp(): void {
    this.#run.feed('giveUp')
  }

  /** The request is not sent any more, not even where it waits; responses are taken as before. */
  hush(): void {
    this.#gate.shut = true
  }

  stop(): void {
    this.#run.stop()
  }

  #perform(act: TxAct): void {
    const response = this.#response
    if (act === 'up' && response !== undefined) {
      this.#user.response(response.message, response.peer)
    } else if (act === 'ack' && response !== undefined) {
      this.#ack ??= failureAck(this.request.draft, response.message)
      this.#send(this.#ack)
    } else if (act === 'resend') {
      if (this.#gate.shut) return
      this.#context.counters.retransmitted++
      this.#request()
    } else if (act === 'timeout') this.#user.over('timeout')
    else if (act === 'failed') this.#user.over(this.#failure)
  }

  #request(): void {
    this.#send(this.request.text, { ...this.request.target, gate: this.#gate })
  }

  #send(text: string, target = this.request.target): void {
    this.#context.send(target, text, (why) => {
      this.#failure = why
      this.#run.feed('sendFailed')
    })
  }
}
