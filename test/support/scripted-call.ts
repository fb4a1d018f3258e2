import { randomUUID } from 'node:crypto'
import {
  type Field,
  parseAddress,
  printMessage,
  responseText,
  type SipMessage,
} from '../../engine/sip-server/index.ts'
import { Repeater } from './repeater.ts'

/** What a call needs of the phone that it is on. */
export interface CallLine {
  readonly contact: string
  readonly sentBy: string
  send(text: string): void
  /** Called when the call is over. */
  over(): void
}

const userOf = (uri: string): string => /^sips?:([^@;>]*)@/.exec(uri)?.[1] ?? ''
const uriOf = (value: string): string => parseAddress(value)?.uri ?? ''
const sdpType: Field = ['Content-Type', 'application/sdp']

/** One call of a scripted phone, called or calling: RFC 3261 over UDP with its retransmissions, no more. */
export class ScriptedCall {
  readonly id: string
  /** When its INVITE came, or was sent; on the clock of `performance.now()`. */
  readonly invitedAtMs: number
  /** The number that was called. */
  readonly number: string
  /** Final status of a call that we made. */
  readonly answered: Promise<number>
  /** A call that we answered was acknowledged. */
  readonly acknowledged: Promise<void>
  readonly ended: Promise<void>
  remoteSdp = ''
  readonly #line: CallLine
  readonly #invite: SipMessage | undefined
  readonly #answer = Promise.withResolvers<number>()
  readonly #ack = Promise.withResolvers<void>()
  readonly #end = Promise.withResolvers<void>()
  readonly #repeater: Repeater
  readonly #tag = randomUUID().slice(0, 8)
  readonly #branch = `z9hG4bK${randomUUID()}`
  #local = ''
  #remote = ''
  #target = ''
  #cseq = 1
  #lastResponse = ''
  #isOver = false

  /** `invite` is what came in; without it `calls` says whom to call. */
  constructor(
    line: CallLine,
    invite: SipMessage | undefined,
    atMs: number,
    calls?: { readonly uri: string; readonly from: string },
  ) {
    this.#line = line
    this.#invite = invite
    this.invitedAtMs = atMs
    this.answered = this.#answer.promise
    this.acknowledged = this.#ack.promise
    this.ended = this.#end.promise
    this.#repeater = new Repeater(
      (text) => line.send(text),
      () => this.#finish(),
    )
    this.id = invite?.callId ?? randomUUID()
    this.number = userOf(invite?.uri ?? calls?.uri ?? '')
    if (invite) {
      this.#local = `${invite.header('to')};tag=${this.#tag}`
      this.#remote = invite.header('from') ?? ''
      this.#target = uriOf(invite.header('contact') ?? '')
      this.remoteSdp = invite.body
    } else if (calls) {
      this.#local = `<${calls.from}>;tag=${this.#tag}`
      this.#remote = `<${calls.uri}>`
      this.#target = calls.uri
    }
  }

  get retransmissions(): number {
    return this.#repeater.repeated
  }

  /** Whether that INVITE is this call's own, come once more (RFC 3261 section 17.2.3: as its Via says). */
  began(invite: SipMessage): boolean {
    return this.#invite?.header('via') === invite.header('via')
  }

  /** Sends the INVITE of a call that we make. */
  invite(sdp: string): void {
    this.#repeater.start(this.#request('INVITE', this.#branch, sdp))
  }

  /** Gives up a call that we make; its 487 ends it. */
  cancel(): void {
    if (!this.#isOver) this.#line.send(this.#request('CANCEL', this.#branch))
  }

  ring(): void {
    this.#respond(180)
  }

  accept(sdp: string): void {
    this.#respond(200, sdp)
    this.#repeater.start(this.#lastResponse, false)
  }

  refuse(status: number): void {
    this.#respond(status)
    this.#finish()
  }

  /** Hangs up; `ended` resolves with the answer to the BYE. */
  bye(): void {
    if (this.#isOver) return
    this.#cseq += 1
    this.#repeater.start(this.#request('BYE', `z9hG4bK${randomUUID()}`))
  }

  /** A request of the other side within this call. */
  take(request: SipMessage): void {
    switch (request.method) {
      case 'INVITE':
        if (this.#lastResponse !== '') this.#line.send(this.#lastResponse)
        break
      case 'ACK':
        this.#repeater.stop()
        this.#ack.resolve()
        break
      case 'CANCEL':
        this.#line.send(responseText(request, { status: 200, toTag: this.#tag }))
        this.refuse(487)
        break
      default:
        this.#line.send(responseText(request, { status: 200, toTag: this.#tag }))
        if (request.method === 'BYE') this.#finish()
    }
  }

  takeResponse(response: SipMessage): void {
    if (response.method === 'BYE') {
      if (response.status >= 200) this.#finish()
    } else if (response.method === 'INVITE') {
      this.#takeInviteResponse(response)
    }
  }

  #takeInviteResponse(response: SipMessage): void {
    if (this.#cseq === 1) this.#repeater.stop()
    if (response.status < 200) return
    this.#answer.resolve(response.status)
    this.#remote = response.header('to') ?? this.#remote
    if (response.status < 300) {
      this.#target = uriOf(response.header('contact') ?? '')
      this.remoteSdp = response.body
      this.#line.send(this.#request('ACK', `z9hG4bK${randomUUID()}`))
    } else {
      this.#line.send(this.#request('ACK', this.#branch))
      this.#finish()
    }
  }

  #request(method: string, branch: string, sdp = ''): string {
    const number = method === 'ACK' ? 1 : this.#cseq
    return printMessage({
      start: `${method} ${this.#target} SIP/2.0`,
      fields: [
        ['Via', `SIP/2.0/UDP ${this.#line.sentBy};branch=${branch};rport`],
        ['Max-Forwards', '70'],
        ['From', this.#local],
        ['To', this.#remote],
        ['Call-ID', this.id],
        ['CSeq', `${number} ${method}`],
        ['Contact', this.#line.contact],
        ...(sdp === '' ? [] : [sdpType]),
      ],
      body: sdp,
    })
  }

  #respond(status: number, sdp = ''): void {
    if (!this.#invite) return
    const contact: Field = ['Contact', this.#line.contact]
    const fields = sdp === '' ? [contact] : [contact, sdpType]
    this.#lastResponse = responseText(this.#invite, {
      status,
      toTag: this.#tag,
      fields,
      body: sdp,
    })
    this.#line.send(this.#lastResponse)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#repeater.stop()
    this.#line.over()
    // Whoever waits for an answer that will never come: request timeout.
    this.#answer.resolve(408)
    this.#end.resolve()
  }
}
