import type { RequestIn, SipLink } from '../sip/link/link.ts'
import { type Line, perform } from './acts.ts'
import { Phone } from './phone.ts'
import type { LabAct, LabNumber, LabSound } from './plan.ts'
import { type Remote, readSdp, writeSdp } from './sdp.ts'

export interface Exchange {
  readonly link: SipLink
  /** The lab's loopback address, for SDP and sockets. */
  readonly address: string
  readonly sounds: Readonly<Record<LabSound, Int16Array>>
}

const sdpHeaders = { 'content-type': 'application/sdp' }

/** One call at a lab phone, from INVITE to BYE. */
export class LabCall {
  readonly #exchange: Exchange
  readonly #phone = new Phone()
  readonly #over = new AbortController()
  readonly #dialogId: string
  readonly #onEnd: () => void
  #timer: NodeJS.Timeout | undefined
  #localSdp = ''

  constructor(exchange: Exchange, dialogId: string, onEnd: () => void) {
    this.#exchange = exchange
    this.#dialogId = dialogId
    this.#onEnd = onEnd
  }

  /** Rings, and answers after the number's time. */
  async receive(invite: RequestIn, { act, answerAfterMs }: LabNumber): Promise<void> {
    invite.onCancel(() => this.end())
    const remote = readSdp(invite.body)
    if (!remote) {
      this.#refuse(invite, 488)
      return
    }
    const port = await this.#phone.open(this.#exchange.address)
    if (this.#over.signal.aborted) return
    invite.respond(180)
    if (act.is === 'ring') return
    this.#localSdp = writeSdp(this.#exchange.address, port, remote)
    this.#timer = setTimeout(() => this.#answer(invite, remote, act), answerAfterMs ?? 0)
  }

  /** Opens the RTP port of a call that the lab makes; resolves to its offer. */
  async offer(): Promise<string> {
    const port = await this.#phone.open(this.#exchange.address)
    this.#localSdp = writeSdp(this.#exchange.address, port)
    return this.#localSdp
  }

  /** The offer of a 200 to an INVITE without SDP; returns the answer for the ACK. */
  answerFor(remote: Remote): string {
    const port = Number(/m=audio (\d+)/.exec(this.#localSdp)?.[1])
    return writeSdp(this.#exchange.address, port, remote)
  }

  /** Both sides are connected: does what the number does, then hangs up. */
  run(remote: Remote, act: LabAct): void {
    this.#phone.connect(remote)
    const line: Line = {
      phone: this.#phone,
      sounds: this.#exchange.sounds,
      over: this.#over.signal,
      pressByInfo: (key) => this.#info(key),
    }
    void perform(act, line).then(() => this.hangUp())
  }

  reinvited(invite: RequestIn): void {
    const remote = readSdp(invite.body)
    if (remote) this.#phone.connect(remote)
    invite.respond(200, { headers: sdpHeaders, body: this.#localSdp })
  }

  hangUp(): void {
    if (this.#over.signal.aborted) return
    this.#exchange.link.request(
      { method: 'BYE', dialogId: this.#dialogId, headers: {} },
      { response() {}, failed() {} },
    )
    this.end()
  }

  end(): void {
    if (this.#over.signal.aborted) return
    clearTimeout(this.#timer)
    this.#over.abort()
    this.#phone.close()
    this.#onEnd()
  }

  #refuse(invite: RequestIn, status: number): void {
    invite.respond(status)
    this.end()
  }

  #answer(invite: RequestIn, remote: Remote, act: LabAct): void {
    if (this.#over.signal.aborted) return
    const response = { headers: sdpHeaders, body: this.#localSdp }
    invite.respond(200, response, (error) => (error ? this.end() : this.run(remote, act)))
  }

  #info(key: string): void {
    this.#exchange.link.request(
      {
        method: 'INFO',
        dialogId: this.#dialogId,
        headers: { 'content-type': 'application/dtmf-relay' },
        body: `Signal=${key}\r\nDuration=160\r\n`,
      },
      { response() {}, failed() {} },
    )
  }
}
