/** Runs inside a page of a test: JsSIP, another library for SIP over WebSockets, as a phone. */
import JsSIP from 'jssip'
import { Ear } from './ear.ts'

export class JssipPhone {
  readonly seen: string[] = []
  readonly ear = new Ear()
  #agent: InstanceType<typeof JsSIP.UA> | undefined
  #connection: RTCPeerConnection | undefined

  register(url: string, user: string, password: string): Promise<void> {
    const agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri: `sip:${user}@ringdown`,
      password,
      register_expires: 120,
    })
    this.#agent = agent
    return new Promise((resolve, reject) => {
      agent.on('registered', () => resolve())
      agent.on('registrationFailed', ({ cause, response }) =>
        reject(
          new Error(`${cause} ${response?.status_code ?? ''} ${response?.reason_phrase ?? ''}`),
        ),
      )
      agent.start()
    })
  }

  call(to: string): void {
    const session = this.#agent?.call(`sip:${to}@ringdown`, {
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
    })
    if (!session) throw new Error('not registered')
    session.on('progress', () => this.seen.push('progress'))
    session.on('confirmed', () => {
      this.seen.push('confirmed')
      this.#connection = session.connection
    })
    session.on('failed', ({ cause }) => this.seen.push(`failed ${cause}`))
    session.on('ended', () => this.seen.push('ended'))
  }

  listen(): void {
    const track = this.#connection?.getReceivers()[0]?.track
    if (!track) throw new Error('the call has no audio')
    const stream = new MediaStream([track])
    const player = new Audio()
    player.muted = true
    player.srcObject = stream
    void player.play()
    this.ear.listen(stream)
  }

  hangup(): void {
    this.#agent?.terminateSessions()
  }
}

declare global {
  var jssipPhone: JssipPhone
}
globalThis.jssipPhone = new JssipPhone()
