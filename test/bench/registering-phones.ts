import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { parseMessage, responseText, type SipMessage } from '../../engine/sip-server/index.ts'

const answerWithinMs = 4_000
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** One phone: what it has to keep to register again by a single request. */
interface Phone {
  readonly username: string
  readonly socket: Socket
  readonly place: string
  readonly ha1: string
  nonce: string
  count: number
  seq: number
}

interface Waiting {
  readonly done: (response: SipMessage) => void
  readonly timer: NodeJS.Timeout
}

/** Many phones over UDP, each with an address or a port of its own, that register with MD5 and answer OPTIONS. */
export class RegisteringPhones {
  readonly #server: { readonly address: string; readonly port: number }
  readonly #phones: Phone[] = []
  readonly #waiting = new Map<string, Waiting>()
  /** OPTIONS that came. */
  pings = 0

  private constructor(server: { readonly address: string; readonly port: number }) {
    this.#server = server
  }

  static async open(
    server: { readonly address: string; readonly port: number },
    usernames: readonly string[],
    password: string,
    realm: string,
    sockets: number,
  ): Promise<RegisteringPhones> {
    const phones = new RegisteringPhones(server)
    const opened: Socket[] = []
    for (let i = 0; i < sockets; i++) {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
      socket.bind(0, `127.0.1.${(i % 250) + 1}`)
      await once(socket, 'listening')
      socket.on('message', (bytes, from) => phones.#receive(socket, bytes, from))
      opened.push(socket)
    }
    usernames.forEach((username, i) => {
      const socket = opened[i % opened.length]!
      const { address, port } = socket.address()
      const ha1 = md5(`${username}:${realm}:${password}`)
      const place = `${address}:${port}`
      phones.#phones.push({ username, socket, place, ha1, nonce: '', count: 0, seq: 0 })
    })
    return phones
  }

  get size(): number {
    return this.#phones.length
  }

  /** Registers the n-th; resolves to how long that took, or to NaN when it failed. */
  async register(n: number): Promise<number> {
    const phone = this.#phones[n]!
    const startMs = performance.now()
    let response = await this.#send(phone)
    if (response?.status === 401) {
      const challenge = response.header('www-authenticate') ?? ''
      phone.nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? ''
      phone.count = 0
      response = await this.#send(phone)
    }
    return response?.status === 200 ? performance.now() - startMs : Number.NaN
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer)
    for (const socket of new Set(this.#phones.map((phone) => phone.socket))) socket.close()
  }

  #send(phone: Phone): Promise<SipMessage | undefined> {
    const { username, place, socket } = phone
    const { address, port } = this.#server
    const callId = `${username}@bench`
    const uri = `sip:${address}:${port}`
    const key = `${callId} ${++phone.seq}`
    const text = [
      `REGISTER ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${place};branch=z9hG4bK${username}${phone.seq};rport`,
      'Max-Forwards: 70',
      `From: <sip:${username}@${address}>;tag=t${phone.seq}`,
      `To: <sip:${username}@${address}>`,
      `Call-ID: ${callId}`,
      `CSeq: ${phone.seq} REGISTER`,
      `Contact: <sip:${username}@${place}>`,
      'Expires: 3600',
      'User-Agent: Bench phone 1.0',
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY',
      ...(phone.nonce === '' ? [] : [authorization(phone, uri)]),
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n')
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(key)
        resolve(undefined)
      }, answerWithinMs)
      this.#waiting.set(key, { done: resolve, timer })
      socket.send(text, port, address, () => {})
    })
  }

  #receive(socket: Socket, bytes: Buffer, from: { address: string; port: number }): void {
    const message = parseMessage(bytes)
    if (!message) return
    if (message.isRequest) {
      if (message.method === 'OPTIONS') this.pings++
      const answer = responseText(message, { status: 200, toTag: 'bench' })
      socket.send(answer, from.port, from.address, () => {})
      return
    }
    const key = `${message.callId} ${Number.parseInt(message.header('cseq') ?? '', 10)}`
    const waiting = this.#waiting.get(key)
    if (!waiting || message.status < 200) return
    this.#waiting.delete(key)
    clearTimeout(waiting.timer)
    waiting.done(message)
  }
}

function authorization(phone: Phone, uri: string): string {
  const nc = (++phone.count).toString(16).padStart(8, '0')
  const ha2 = md5(`REGISTER:${uri}`)
  const response = md5(`${phone.ha1}:${phone.nonce}:${nc}:c:auth:${ha2}`)
  return (
    `Authorization: Digest username="${phone.username}", realm="ringdown", nonce="${phone.nonce}", ` +
    `uri="${uri}", response="${response}", algorithm=MD5, qop=auth, nc=${nc}, cnonce="c"`
  )
}
