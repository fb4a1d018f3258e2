import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** Methods and classes (RFC 8489 section 5, RFC 8656 section 18.1). */
const methods = { allocate: 0x0003, createPermission: 0x0008 } as const
const sendIndication = 0x0016
const dataIndication = 0x0017
const cookie = 0x2112a442
const attribute = {
  ...{ username: 0x0006, integrity: 0x0008, error: 0x0009, peer: 0x0012, data: 0x0013 },
  ...{ realm: 0x0014, nonce: 0x0015, relayed: 0x0016, transport: 0x0019 },
} as const

interface Login {
  readonly username: string
  readonly credential: string
}

interface Answer {
  /** 0: it went well. */
  readonly error: number
  readonly attributes: ReadonlyMap<number, Buffer>
}

/** As much of a TURN client (RFC 8656, UDP) as tells whether a server relays, and where to. */
export class TurnClient {
  readonly #socket: Socket
  readonly #port: number
  readonly #login: Login
  #realm: Buffer = Buffer.alloc(0)
  #nonce: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket, port: number, login: Login) {
    this.#socket = socket
    this.#port = port
    this.#login = login
  }

  static async open(port: number, login: Login) {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new TurnClient(socket, port, login)
  }

  /** An address to be reached at, or the number of the refusal. */
  async allocate(): Promise<number | { readonly port: number }> {
    const wanted = [pack(attribute.transport, Buffer.from([17, 0, 0, 0]))]
    const challenge = await this.#ask(methods.allocate, wanted, false)
    this.#realm = challenge.attributes.get(attribute.realm) ?? this.#realm
    this.#nonce = challenge.attributes.get(attribute.nonce) ?? this.#nonce
    const { error, attributes } = await this.#ask(methods.allocate, wanted, true)
    const relayed = attributes.get(attribute.relayed)
    return error === 0 && relayed ? { port: relayed.readUInt16BE(2) ^ (cookie >>> 16) } : error
  }

  /** 0: packets of that address are let through; otherwise the number of the refusal. */
  async permit(address: string): Promise<number> {
    const peer = pack(attribute.peer, peerAddress(address, 9))
    return (await this.#ask(methods.createPermission, [peer], true)).error
  }

  /** By way of the relay. */
  send(address: string, port: number, bytes: Buffer): void {
    const id = randomBytes(12)
    const parts = [pack(attribute.peer, peerAddress(address, port)), pack(attribute.data, bytes)]
    this.#socket.send(message(sendIndication, id, parts), this.#port, '127.0.0.1')
  }

  /** What a peer has sent to the relay. */
  async received(): Promise<Buffer> {
    for (;;) {
      const [bytes] = (await once(this.#socket, 'message')) as [Buffer]
      if (bytes.readUInt16BE(0) !== dataIndication) continue
      return attributesOf(bytes).get(attribute.data) ?? Buffer.alloc(0)
    }
  }

  close(): void {
    this.#socket.close()
  }

  async #ask(method: number, parts: readonly Buffer[], proves: boolean): Promise<Answer> {
    const id = randomBytes(12)
    const all = proves ? [...parts, ...this.#credentials()] : parts
    const plain = message(method, id, all)
    this.#socket.send(proves ? this.#signed(plain) : plain, this.#port, '127.0.0.1')
    for (;;) {
      const [bytes] = (await once(this.#socket, 'message')) as [Buffer]
      if (!bytes.subarray(8, 20).equals(id)) continue
      const attributes = attributesOf(bytes)
      const error = attributes.get(attribute.error)
      return { error: error ? (error[2] ?? 0) * 100 + (error[3] ?? 0) : 0, attributes }
    }
  }

  #credentials(): Buffer[] {
    return [
      pack(attribute.username, Buffer.from(this.#login.username)),
      pack(attribute.realm, this.#realm),
      pack(attribute.nonce, this.#nonce),
    ]
  }

  /** RFC 8489 section 14.5: the length counts the integrity that is not there yet. */
  #signed(plain: Buffer): Buffer {
    const { username, credential } = this.#login
    const key = createHash('md5').update(`${username}:${this.#realm}:${credential}`).digest()
    const counted = Buffer.from(plain)
    counted.writeUInt16BE(plain.readUInt16BE(2) + 24, 2)
    const integrity = createHmac('sha1', key).update(counted).digest()
    return Buffer.concat([counted, pack(attribute.integrity, integrity)])
  }
}

function message(type: number, id: Buffer, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(8)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(body.length, 2)
  head.writeUInt32BE(cookie, 4)
  return Buffer.concat([head, id, body])
}

function pack(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

function attributesOf(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 20; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2)
    found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length + ((4 - (length % 4)) % 4)
  }
  return found
}

/** XOR-PEER-ADDRESS (RFC 8489 section 14.2), of IPv4. */
function peerAddress(address: string, port: number): Buffer {
  const mask = [0x21, 0x12, 0xa4, 0x42]
  const head = Buffer.from([0, 1, 0, 0])
  head.writeUInt16BE(port ^ (cookie >>> 16), 2)
  const bytes = address.split('.').map((byte, index) => Number(byte) ^ (mask[index] ?? 0))
  return Buffer.concat([head, Buffer.from(bytes)])
}
