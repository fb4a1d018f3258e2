import type { Counters, DropCause } from '../counters.ts'
import { refusalOf } from '../message/check.ts'
import { messageLimits } from '../message/limits.ts'
import type { SipMessage } from '../message/message.ts'
import { parseMessage } from '../message/parse.ts'
import { responseText } from '../message/respond.ts'
import { withSource } from '../message/via.ts'
import type { Random } from '../random.ts'
import { type Peer, type TransportHandler, targetOf } from '../transport/peer.ts'
import {
  type ClientContext,
  type ClientRequest,
  ClientTransaction,
  type ClientUser,
} from './client.ts'
import { clientKey, serverKey } from './key.ts'
import { ServerTransaction } from './server.ts'

/** What the transaction layer reports up. Requests were checked and their source noted in Via. */
export interface TransactionUser {
  request(transaction: ServerTransaction, request: SipMessage, peer: Peer): void
  /** ACK of a 2xx */
  ack(message: SipMessage, peer: Peer): void
}

export interface LayerContext extends ClientContext {
  readonly counters: Counters
  readonly random: Random
}

const maxTransactions = 100_000
/**
 * Transactions that have their answer and only wait for repetitions (timer J): under a flood the oldest
 * are forgotten, and a repetition that comes yet is taken for a new request.
 */
const maxAnswered = 20_000

/** Matches messages to transactions; everything a transaction absorbs stays below this line. */
export class TransactionLayer implements TransportHandler {
  readonly #context: LayerContext
  readonly #user: TransactionUser
  readonly #clients = new Map<string, ClientTransaction>()
  readonly #servers = new Map<string, ServerTransaction>()
  /** Not INVITEs; the one answered first is first. */
  readonly #answered = new Map<string, ServerTransaction>()

  constructor(context: LayerContext, user: TransactionUser) {
    this.#context = context
    this.#user = user
  }

  get count(): { readonly client: number; readonly server: number } {
    return { client: this.#clients.size, server: this.#servers.size }
  }
  get full(): boolean {
    return this.#clients.size + this.#servers.size >= maxTransactions
  }

  received(text: string, peer: Peer): void {
    this.#context.counters.received++
    const message = parseMessage(text)
    if (message === undefined) {
      // a keep-alive is not garbage
      if (text.trim() !== '') {
        this.#drop(text.length > messageLimits.messageBytes ? 'tooLarge' : 'garbage')
      }
    } else if (message.via === undefined) this.#drop('noVia')
    else if (message.isRequest) this.#request(message, peer)
    else this.#response(message, peer)
  }

  /** Starts a client transaction; its first message is on its way when this returns. */
  send(request: ClientRequest, user: ClientUser): ClientTransaction {
    const key = clientKey(request.branch, request.method)
    const transaction = new ClientTransaction(request, user, this.#context, () => {
      if (this.#clients.get(key) === transaction) this.#clients.delete(key)
    })
    this.#clients.set(key, transaction)
    transaction.start()
    return transaction
  }

  stop(): void {
    for (const transaction of this.#clients.values()) transaction.stop()
    for (const transaction of this.#servers.values()) transaction.stop()
    this.#clients.clear()
    this.#servers.clear()
    this.#answered.clear()
  }

  #drop(cause: DropCause): void {
    this.#context.counters.dropped[cause]++
  }

  #response(message: SipMessage, peer: Peer): void {
    if (message.defect !== undefined || message.cseq === undefined) {
      this.#drop('badResponse')
      return
    }
    const key = clientKey(message.via?.branch ?? '', message.cseq.method)
    const transaction = this.#clients.get(key)
    if (transaction === undefined) this.#drop('strayResponse')
    else transaction.receive(message, peer)
  }

  #request(received: SipMessage, peer: Peer): void {
    const refusal = refusalOf(received)
    const request = received.withFirst(
      'via',
      withSource(received.header('via')!, received.via!, peer.address, peer.port),
    )
    if (refusal !== undefined) {
      this.#drop('badRequest')
      if (request.method !== 'ACK') this.#refuse(request, peer, refusal.status, refusal.reason)
      return
    }
    const known = this.#servers.get(serverKey(request))
    if (known !== undefined) {
      if (request.method === 'ACK') known.acknowledged(request, peer)
      else known.repeated()
    } else if (request.method === 'ACK') this.#user.ack(request, peer)
    else if (this.full) {
      this.#drop('overload')
      this.#refuse(request, peer, 503, 'Service Unavailable')
    } else this.#open(request, peer)
  }

  #open(request: SipMessage, peer: Peer): void {
    const key = serverKey(request)
    const transaction = new ServerTransaction(request, peer, this.#context, {
      answered: () => this.#linger(key, transaction),
      ended: () => {
        if (this.#servers.get(key) !== transaction) return
        this.#servers.delete(key)
        this.#answered.delete(key)
      },
    })
    this.#servers.set(key, transaction)
    if (request.method !== 'CANCEL') {
      this.#user.request(transaction, request, peer)
      return
    }
    const invite = this.#servers.get(serverKey(request, 'INVITE'))
    if (invite?.open === true) invite.user.cancelled(transaction, request, peer)
    else
      transaction.respond(
        481,
        responseText(request, { status: 481, toTag: this.#context.random.token(13) }),
      )
  }

  #linger(key: string, transaction: ServerTransaction): void {
    if (this.#servers.get(key) !== transaction) return
    this.#answered.set(key, transaction)
    if (this.#answered.size <= maxAnswered) return
    for (const [oldest, forgotten] of this.#answered) {
      forgotten.stop()
      this.#answered.delete(oldest)
      this.#servers.delete(oldest)
      return
    }
  }

  /** Answers without keeping anything: the request will be answered the same way again. */
  #refuse(request: SipMessage, peer: Peer, status: number, reason: string): void {
    const text = responseText(request, { status, reason, toTag: this.#context.random.token(13) })
    this.#context.send(targetOf(peer), text, () => undefined)
  }
}
