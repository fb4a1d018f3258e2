import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { parseMessage, responseText, type SipMessage } from '../../engine/sip-server/index.ts'
import { ScriptedCall } from './scripted-call.ts'

export interface PhoneOptions {
  readonly address: string
  /** Default: any free one. */
  readonly port?: number
  /** A call comes in: ring, accept or refuse it. */
  readonly onCall?: (call: ScriptedCall) => void
}

/** Of calls that are over: more than are in progress at once with anybody who repeats himself. */
const remembered = 1_000

/**
 * A SIP phone over UDP that does what a test tells it: what comes in is read and what goes out is
 * printed by the SIP server's own parser and printer. Audio is for others.
 */
export class ScriptedPhone {
  readonly address: string
  readonly port: number
  readonly #socket: Socket
  readonly #onCall: (call: ScriptedCall) => void
  readonly #calls = new Map<string, ScriptedCall>()
  /** Calls that came and are over: an INVITE may come again that was late to be refused. */
  readonly #past = new Map<string, ScriptedCall>()
  #isClosed = false
  /** Messages that had to be sent again, of calls that are over. */
  retransmissions = 0

  private constructor(socket: Socket, { address, onCall }: PhoneOptions) {
    this.address = address
    this.port = socket.address().port
    this.#socket = socket
    this.#onCall = onCall ?? ((call) => call.refuse(480))
    socket.on('message', (bytes, from) => this.#receive(bytes, from))
  }

  static async open(options: PhoneOptions): Promise<ScriptedPhone> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
    socket.bind(options.port ?? 0, options.address)
    await once(socket, 'listening')
    return new ScriptedPhone(socket, options)
  }

  /** Calls that are not over. */
  get calls(): number {
    return this.#calls.size
  }

  /** Calls `user` at a SIP server. */
  call(server: { address: string; port: number }, user: string, from: string, sdp: string) {
    const uri = `sip:${user}@${server.address}:${server.port}`
    const wanted = { uri, from: `sip:${from}@${this.address}` }
    const call = this.#add(undefined, performance.now(), server, wanted)
    call.invite(sdp)
    return call
  }

  /** What it has to say still is not heard any more. */
  close(): void {
    this.#isClosed = true
    this.#socket.close()
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const nowMs = performance.now()
    const message = parseMessage(bytes)
    if (!message) return
    const call = this.#calls.get(message.callId)
    if (!message.isRequest) call?.takeResponse(message)
    else if (call) call.take(message)
    else this.#takeNew(message, nowMs, from)
  }

  #takeNew(request: SipMessage, atMs: number, from: RemoteInfo): void {
    const past = this.#past.get(request.callId)
    if (request.method === 'INVITE') {
      if (past?.began(request)) past.take(request)
      else this.#onCall(this.#add(request, atMs, from))
    } else if (request.method !== 'ACK') {
      const status = request.method === 'OPTIONS' ? 200 : 481
      this.#send(responseText(request, { status, toTag: 'phone' }), from)
    }
  }

  #add(
    invite: SipMessage | undefined,
    atMs: number,
    peer: { readonly address: string; readonly port: number },
    wanted?: { readonly uri: string; readonly from: string },
  ): ScriptedCall {
    const call: ScriptedCall = new ScriptedCall(
      {
        contact: `<sip:phone@${this.address}:${this.port}>`,
        sentBy: `${this.address}:${this.port}`,
        send: (text) => this.#send(text, peer),
        over: () => {
          this.retransmissions += call.retransmissions
          this.#calls.delete(call.id)
          if (invite) this.#remember(call)
        },
      },
      invite,
      atMs,
      wanted,
    )
    this.#calls.set(call.id, call)
    return call
  }

  #remember(call: ScriptedCall): void {
    this.#past.set(call.id, call)
    const [oldest = ''] = this.#past.keys()
    if (this.#past.size > remembered) this.#past.delete(oldest)
  }

  #send(text: string, to: { readonly address: string; readonly port: number }): void {
    if (!this.#isClosed) this.#socket.send(text, to.port, to.address, () => {})
  }
}

/** SDP of one G.711 audio line with telephone-event 101; an offer or an answer. */
export function phoneSdp(address: string, port: number, payloadType: 0 | 8 = 0): string {
  return [
    'v=0',
    `o=phone ${port} 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType} 101`,
    `a=rtpmap:${payloadType} ${payloadType === 0 ? 'PCMU' : 'PCMA'}/8000`,
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n')
}

/** The port in an SDP's audio line; NaN without one. */
export const audioPortOf = (sdp: string): number => Number(/^m=audio (\d+)/m.exec(sdp)?.[1])
