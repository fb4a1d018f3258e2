import { createHash, randomUUID } from 'node:crypto'
import { type Message, type Peer, print } from './peer.ts'

export interface Login {
  readonly username: string
  readonly password: string
}

const hash = (algorithm: string, text: string): string =>
  createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex')

/** An Authorization value for the challenge with that algorithm in a 401. */
export function authorize(
  challenge: Message,
  method: string,
  uri: string,
  { username, password }: Login,
  algorithm: 'MD5' | 'SHA-256' = 'MD5',
): string {
  const all = challenge.headers['www-authenticate'] ?? ''
  const one = all.split(/,\s*(?=Digest )/).find((line) => line.includes(`algorithm=${algorithm},`))
  const realm = /realm="([^"]*)"/.exec(one ?? '')?.[1] ?? ''
  const nonce = /nonce="([^"]*)"/.exec(one ?? '')?.[1] ?? ''
  const ha1 = hash(algorithm, `${username}:${realm}:${password}`)
  const ha2 = hash(algorithm, `${method}:${uri}`)
  const response = hash(algorithm, `${ha1}:${nonce}:00000001:abc:auth:${ha2}`)
  return (
    `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="abc"`
  )
}

export interface Party {
  readonly from: string
  readonly to: string
  readonly callId?: string
}

/** The client side of one call or registration: numbers its requests and keeps the dialog's tags. */
export class Caller {
  readonly callId: string
  readonly #peer: Peer
  readonly #from: string
  #to: string
  #remoteTarget: string
  #cseq = 0
  #branch = ''

  constructor(peer: Peer, { from, to, callId = randomUUID() }: Party) {
    this.#peer = peer
    this.#from = `<${from}>;tag=${randomUUID().slice(0, 8)}`
    this.#to = `<${to}>`
    this.#remoteTarget = to
    this.callId = callId
  }

  /** Sends a request with a fresh CSeq and branch. */
  request(
    method: string,
    {
      uri = this.#remoteTarget,
      headers = [],
      body,
      type,
      contact = this.#peer.contact,
    }: {
      uri?: string
      headers?: [string, string][]
      body?: string
      type?: string
      contact?: string
    } = {},
  ): void {
    this.#cseq++
    this.#branch = `z9hG4bK${randomUUID()}`
    this.#write(method, method, uri, [['Contact', contact], ...headers], body, type)
  }

  /** Belongs to the request before it. */
  cancel(): void {
    this.#write('CANCEL', 'CANCEL', this.#remoteTarget, [])
  }

  /** ACK of a 2xx: its own branch; learns tag and target from the response. */
  ack(response: Message, body?: string): void {
    this.learn(response)
    this.#branch = `z9hG4bK${randomUUID()}`
    const latest = this.#cseq
    this.#cseq = Number.parseInt(response.headers['cseq'] ?? '', 10)
    this.#write('ACK', 'ACK', this.#remoteTarget, [], body)
    this.#cseq = latest
  }

  /** ACK of a failure: same branch as the INVITE. */
  ackFailure(response: Message): void {
    const to = this.#to
    this.#to = response.headers['to'] ?? to
    this.#write('ACK', 'ACK', this.#remoteTarget, [])
    this.#to = to
  }

  learn(response: Message): void {
    this.#to = response.headers['to'] ?? this.#to
    this.#remoteTarget =
      /<([^>]*)>/.exec(response.headers['contact'] ?? '')?.[1] ?? this.#remoteTarget
  }

  #write(
    method: string,
    cseqMethod: string,
    uri: string,
    more: [string, string][],
    body?: string,
    type?: string,
  ): void {
    const { transport, port } = this.#peer
    this.#peer.send(
      print({
        start: `${method} ${uri} SIP/2.0`,
        headers: [
          ['Via', `SIP/2.0/${transport} 127.0.0.1:${port};branch=${this.#branch};rport`],
          ['Max-Forwards', '70'],
          ['From', this.#from],
          ['To', this.#to],
          ['Call-ID', this.callId],
          ['CSeq', `${this.#cseq} ${cseqMethod}`],
          ...more,
        ],
        ...(body === undefined ? {} : { body }),
        ...(type === undefined ? {} : { type }),
      }),
    )
  }
}

/** REGISTER with one challenge; resolves to the final response. */
export async function register(
  peer: Peer,
  serverPort: number,
  login: Login,
  options: { headers?: [string, string][]; contact?: string; algorithm?: 'MD5' | 'SHA-256' } = {},
): Promise<Message> {
  const uri = `sip:127.0.0.1:${serverPort}`
  const aor = `sip:${login.username}@127.0.0.1`
  const caller = new Caller(peer, { from: aor, to: aor })
  const { headers = [], contact = peer.contact, algorithm = 'MD5' } = options
  caller.request('REGISTER', { uri, headers, contact })
  const challenge = await peer.expect((m) => m.status !== undefined && m.status >= 200)
  if (challenge.status !== 401) return challenge
  const authorization = authorize(challenge, 'REGISTER', uri, login, algorithm)
  caller.request('REGISTER', {
    uri,
    contact,
    headers: [['Authorization', authorization], ...headers],
  })
  return peer.expect((m) => m.status !== undefined && m.status >= 200)
}
