import type { Socket } from 'node:dgram'

/**
 * Node's own handle under a UDP socket. Not documented, so that every use of it is checked: where Node is another,
 * packets go by `Socket.send`, which costs more CPU for each packet (4.0 against 3.6 us where it was tried) (test/unit/media/udp-sender.test.ts tells).
 */
interface UdpHandle {
  /**
   * Sends at once where the system takes it, and `request` may be used again: bytes sent and one more. 0: queued,
   * the request is used up. Below 0: an error of the system.
   */
  send(
    request: object,
    list: readonly Uint8Array[],
    count: number,
    port: number,
    address: string,
    tells: boolean,
  ): number
}

interface SocketState {
  /** Null when the socket is closed. */
  handle: UdpHandle | null
}

type RequestMaker = new () => object

/** Node's class of requests: seen when the first packet of all goes by `Socket.send`. Null: it is not what it was. */
let Request: RequestMaker | null | undefined

/**
 * Sends packets of one socket without what `Socket.send` makes anew for each: a request, a list, and a view of the
 * packet. To IP addresses only, in the form of the socket. Errors are those of UDP: there are none.
 */
export class UdpSender {
  readonly #socket: Socket
  readonly #state: SocketState | undefined
  readonly #list: [Uint8Array] = [new Uint8Array(0)]
  /** Of `#source`, by their length. */
  #views: Uint8Array[] = []
  #source: Uint8Array | undefined
  #request: object | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#state = stateOf(socket)
  }

  /** Packets go the short way. */
  get isQuick(): boolean {
    return this.#state !== undefined && Request !== undefined && Request !== null
  }

  /** The first `bytes` of `packet`, which may be reused at once. Does nothing on a closed socket. */
  send(packet: Uint8Array, bytes: number, port: number, address: string): void {
    const state = this.#state
    if (state === undefined || Request === null) {
      this.#socket.send(packet, 0, bytes, port, address)
      return
    }
    const { handle } = state
    if (handle === null) return
    if (Request === undefined) {
      Request = requestOf(handle, () => this.#socket.send(packet, 0, bytes, port, address))
      return
    }
    this.#request ??= new Request()
    this.#list[0] = this.#view(packet, bytes)
    const sent = handle.send(this.#request, this.#list, 1, port, address, false)
    if (sent === 0) this.#request = undefined
  }

  #view(packet: Uint8Array, bytes: number): Uint8Array {
    if (packet !== this.#source) {
      this.#source = packet
      this.#views = []
    }
    this.#views[bytes] ??= packet.subarray(0, bytes)
    return this.#views[bytes]
  }
}

function stateOf(socket: Socket): SocketState | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  )
  const state: unknown = symbol && Reflect.get(socket, symbol)
  return isState(state) ? state : undefined
}

function isState(state: unknown): state is SocketState {
  if (typeof state !== 'object' || state === null || !('handle' in state)) return false
  const { handle } = state
  if (typeof handle !== 'object' || handle === null) return false
  return typeof Reflect.get(handle, 'send') === 'function'
}

/** Looks on while a packet is sent, and tells of what class its request was. */
function requestOf(handle: UdpHandle, sendOne: () => void): RequestMaker | null {
  const { send } = handle
  let seen: unknown
  handle.send = (request, ...others) => {
    // Other arguments than those that we would give: not the way that we know.
    if (others.length === 5 && Array.isArray(others[0])) seen = request.constructor
    return send.call(handle, request, ...others)
  }
  try {
    sendOne()
  } finally {
    handle.send = send
  }
  const isKnown = typeof seen === 'function' && seen.name === 'SendWrap'
  return isKnown ? (seen as RequestMaker) : null
}
