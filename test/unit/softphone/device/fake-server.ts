import { vi } from 'vitest'
import { Device } from '../../../../softphone/device/device.ts'
import type { DeviceOptions } from '../../../../softphone/device/types.ts'

/** A request as it came over the socket. */
export interface Asked {
  readonly method: string
  readonly text: string
  readonly socket: FakeSocket
  header(name: string): string
  /** User name of the digest; undefined: no credentials. */
  readonly digestUser: string | undefined
}

/** A SIP server behind fake WebSockets: answers REGISTER by `good`, tells the rest to `onRequest`. */
export class FakeServer {
  /** Refuses connections while false. */
  isThere = true
  /** Takes connections and requests, and answers none. */
  isDumb = false
  /** Locks everybody out. */
  isShut = false
  /** Digest user names that are taken. */
  readonly good = new Set<string>()
  readonly sockets = new Set<FakeSocket>()
  readonly asked: Asked[] = []
  /** Registrations that stand. */
  contacts = 0
  #contact = ''
  onRequest: (asked: Asked) => void = () => undefined

  constructor() {
    const server = this
    vi.stubGlobal(
      'WebSocket',
      class extends FakeSocket {
        constructor() {
          super(server)
        }
      },
    )
  }

  /** Digests that came with a REGISTER. */
  get guesses(): string[] {
    return this.asked.flatMap(({ method, digestUser }) =>
      method === 'REGISTER' && digestUser !== undefined ? [digestUser] : [],
    )
  }

  drop(): void {
    for (const socket of [...this.sockets]) socket.end()
  }

  receive(text: string, socket: FakeSocket): void {
    const header = (name: string): string =>
      new RegExp(`^${name}: *(.*)$`, 'im').exec(text)?.[1]?.trim() ?? ''
    const method = /^[A-Z]+(?= sip)/.exec(text)?.[0]
    if (method === undefined || this.isDumb) return
    const digestUser = /username="([^"]*)"/.exec(header('Authorization'))?.[1]
    const asked: Asked = { method, text, socket, header, digestUser }
    this.asked.push(asked)
    if (method === 'REGISTER') this.#register(asked)
    else this.onRequest(asked)
  }

  answer(
    { socket, text, header }: Asked,
    status: string,
    more: readonly string[] = [],
    body = '',
  ): void {
    const vias = text.split('\r\n').filter((line) => /^Via:/i.test(line))
    const to = header('To')
    socket.tell(
      [
        `SIP/2.0 ${status}`,
        ...vias,
        `From: ${header('From')}`,
        `To: ${to.includes('tag=') ? to : `${to};tag=server`}`,
        `Call-ID: ${header('Call-ID')}`,
        `CSeq: ${header('CSeq')}`,
        ...more,
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    )
  }

  /** As somebody who calls, or gives that up. */
  ask(method: 'INVITE' | 'CANCEL', callId = 'call'): void {
    const [socket] = this.sockets
    const to = /<(sip:[^>]*)>/.exec(this.#contact)?.[1] ?? ''
    const body = method === 'INVITE' ? sdp : ''
    socket?.tell(
      [
        `${method} ${to} SIP/2.0`,
        `Via: SIP/2.0/WS server;branch=z9hG4bK${callId}`,
        'From: <sip:1002@here>;tag=caller',
        'To: <sip:1001@here>',
        `Call-ID: ${callId}`,
        `CSeq: 1 ${method}`,
        'Max-Forwards: 70',
        'Contact: <sip:1002@here>',
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    )
  }

  #register(asked: Asked): void {
    if (this.isShut) {
      this.answer(asked, '403 Forbidden')
      return
    }
    const challenge = 'WWW-Authenticate: Digest realm="here", nonce="n", algorithm=MD5, qop="auth"'
    if (asked.digestUser === undefined || !this.good.has(asked.digestUser)) {
      this.answer(asked, '401 Unauthorized', [challenge])
      return
    }
    const contact = asked.header('Contact')
    const expires = Number(/expires=(\d+)/.exec(contact)?.[1] ?? 120)
    this.contacts = expires > 0 ? 1 : 0
    this.#contact = contact
    this.answer(asked, '200 OK', expires > 0 ? [`Contact: ${contact}`] : [])
  }
}

export const sdp = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n'

class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readyState = 0
  readonly #server: FakeServer

  constructor(server: FakeServer) {
    super()
    this.#server = server
    setTimeout(() => {
      if (!server.isThere) return this.end()
      if (this.readyState !== 0) return
      this.readyState = 1
      server.sockets.add(this)
      this.dispatchEvent(new Event('open'))
    }, 1)
  }

  send(text: string): void {
    setTimeout(() => this.readyState === 1 && this.#server.receive(text, this), 1)
  }

  tell(data: string): void {
    if (this.readyState === 1) this.dispatchEvent(new MessageEvent('message', { data }))
  }

  close(): void {
    this.readyState = 2
    setTimeout(() => this.end(), 1)
  }

  end(): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.#server.sockets.delete(this)
    this.dispatchEvent(new CloseEvent('close', { code: 1006 }))
  }
}

/** A device token whose digest user is `name`. */
export const tokenOf = (name: string, livesMs = 3_600_000): string =>
  Buffer.from(
    JSON.stringify({
      version: 1,
      username: '1001',
      displayName: 'one',
      realm: 'here',
      authorizationUsername: name,
      secret: 's',
      expiresAt: new Date(Date.now() + livesMs).toISOString(),
      url: 'ws://here/sip',
      iceServers: [],
    }),
  ).toString('base64url')

/** A Device and what it told. */
export function newDevice(options: Partial<DeviceOptions> = {}): {
  device: Device
  told: string[]
} {
  const device = new Device({ token: tokenOf('first'), ...options })
  const told: string[] = []
  device.on('registered', () => told.push('registered'))
  device.on('unregistered', () => told.push('unregistered'))
  device.on('reconnecting', () => told.push('reconnecting'))
  device.on('error', ({ code }) => told.push(code))
  return { device, told }
}
