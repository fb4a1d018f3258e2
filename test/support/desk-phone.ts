import { authorize, Caller, type Login, register } from '../loop/sip/support/caller.ts'
import { type Message, reply, UdpPeer } from '../loop/sip/support/peer.ts'
import { RtpPeer } from '../media/rtp-peer.ts'

/** A phone of a device: SIP and audio, a call at a time, each step when the test says so. */
export class DeskPhone {
  readonly sip: UdpPeer
  readonly audio: RtpPeer
  readonly login: Login
  readonly #sipPort: number

  private constructor(sip: UdpPeer, audio: RtpPeer, login: Login, sipPort: number) {
    this.sip = sip
    this.audio = audio
    this.login = login
    this.#sipPort = sipPort
  }

  static async open(sipPort: number, login: Login): Promise<DeskPhone> {
    return new DeskPhone(await UdpPeer.open(sipPort), await RtpPeer.open(), login, sipPort)
  }

  async register(): Promise<void> {
    const { status } = await register(this.sip, this.#sipPort, this.login)
    if (status !== 200) throw new Error(`REGISTER was answered with ${status}`)
  }

  /** Sends an INVITE, with credentials once asked for them. */
  async invite(to: string, headers: [string, string][] = []): Promise<OutgoingCall> {
    const uri = `sip:${to}@127.0.0.1:${this.#sipPort}`
    const from = `sip:${this.login.username}@127.0.0.1`
    const caller = new Caller(this.sip, { from, to: uri })
    caller.request('INVITE', { headers, body: this.audio.sdp() })
    const challenge = await this.sip.expect(finalOf(caller, 'INVITE'))
    caller.ackFailure(challenge)
    if (challenge.status === 401) {
      const proof = authorize(challenge, 'INVITE', uri, this.login)
      caller.request('INVITE', {
        headers: [...headers, ['Authorization', proof]],
        body: this.audio.sdp(),
      })
    }
    return new OutgoingCall(this, caller)
  }

  /** Rings somebody and talks to whoever answers; fails when nobody does. */
  async call(to: string): Promise<OutgoingCall> {
    const call = await this.invite(to)
    const status = await call.final()
    if (status !== 200) throw new Error(`INVITE to ${to} was answered with ${status}`)
    return call
  }

  /** Takes the next call that comes in, and answers it. */
  async answer(): Promise<Message> {
    const invite = await this.sip.expect('INVITE')
    this.audio.aim(invite.body)
    const { contact } = this.sip
    this.sip.send(reply(invite, 180, { contact }))
    this.sip.send(reply(invite, 200, { contact, body: this.audio.sdp() }))
    await this.sip.expect('ACK')
    return invite
  }

  /** Waits until the other side hangs up. */
  async hungUp(withinMs = 30_000): Promise<void> {
    this.sip.send(reply(await this.sip.expect('BYE', withinMs), 200))
  }

  close(): void {
    this.sip.close()
    this.audio.close()
  }
}

class OutgoingCall {
  readonly #phone: DeskPhone
  readonly #caller: Caller
  /** As the header Replaces names this call (RFC 3891), once it is answered. */
  replaces = ''

  constructor(phone: DeskPhone, caller: Caller) {
    this.#phone = phone
    this.#caller = caller
  }

  get sipCallId(): string {
    return this.#caller.callId
  }

  /** The final answer, acknowledged. */
  async final(withinMs = 30_000): Promise<number> {
    const answer = await this.#phone.sip.expect(finalOf(this.#caller, 'INVITE'), withinMs)
    if (answer.status !== 200) this.#caller.ackFailure(answer)
    else {
      this.#caller.ack(answer)
      this.replaces = `${this.sipCallId};to-tag=${tagOf(answer, 'to')};from-tag=${tagOf(answer, 'from')}`
      this.#phone.audio.aim(answer.body)
    }
    return answer.status ?? 0
  }

  ringing(): Promise<Message> {
    return this.#phone.sip.expect(180)
  }

  cancel(): void {
    this.#caller.cancel()
  }

  /** Asks for a transfer (REFER), with the value of Refer-To; the status that it is answered with. */
  async refer(to: string): Promise<number> {
    this.#caller.request('REFER', { headers: [['Refer-To', to]] })
    const { status = 0 } = await this.#phone.sip.expect(finalOf(this.#caller, 'REFER'))
    return status
  }

  /** The next NOTIFY about it: its status line. */
  async notified(): Promise<string> {
    const notify = await this.#phone.sip.expect('NOTIFY')
    this.#phone.sip.send(reply(notify, 200))
    return notify.body.trim()
  }

  async hangUp(): Promise<void> {
    this.#caller.request('BYE')
    await this.#phone.sip.expect(finalOf(this.#caller, 'BYE'))
  }
}

const finalOf =
  ({ callId }: Caller, method: string) =>
  ({ status = 0, headers }: Message): boolean =>
    status >= 200 && headers['call-id'] === callId && headers['cseq']?.endsWith(method) === true

const tagOf = ({ headers }: Message, name: string): string =>
  /;tag=([^;]*)/.exec(headers[name] ?? '')?.[1] ?? ''
