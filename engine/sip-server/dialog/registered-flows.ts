import type { Clock } from '../clock.ts'
import { parseAddress } from '../message/address.ts'
import type { SipMessage } from '../message/message.ts'
import { param } from '../message/params.ts'
import { decimal } from '../message/text.ts'
import { parseUri } from '../message/uri.ts'
import { type Peer, type Stream, type Target, targetOf } from '../transport/peer.ts'

const maxFlows = 100_000
const defaultSeconds = 3600

interface Flow {
  readonly peer: Peer
  readonly untilMs: number
}

const keyOf = (uri: string): string | undefined => {
  const parsed = parseUri(uri)
  return parsed === undefined ? undefined : `${parsed.user ?? ''}@${parsed.host.toLowerCase()}`
}

/** Granted lifetime of a contact: its own parameter, else Expires of the response. */
const lifetime = (contactParams: string, response: SipMessage): number =>
  decimal(param(contactParams, 'expires') ?? '') ??
  decimal(response.header('expires') ?? '') ??
  defaultSeconds

/**
 * Connections on which contacts were registered: requests to such a contact use the connection,
 * since a phone behind a NAT cannot be reached in any other way (RFC 5626 in spirit).
 */
export class RegisteredFlows {
  readonly #clock: Clock
  readonly #flows = new Map<string, Flow>()
  /** The same by the far ends of the connections. */
  readonly #places = new Map<string, Flow>()
  /** Of open connections: whose they are. */
  readonly #peers = new WeakMap<Stream, Peer>()
  readonly #ended: (peer: Peer) => void

  /** `ended` hears of every connection on which a contact was registered that it is closed. */
  constructor(clock: Clock, ended: (peer: Peer) => void) {
    this.#clock = clock
    this.#ended = ended
  }

  get size(): number {
    return this.#flows.size
  }

  /** A REGISTER that came on a connection was accepted with this response. */
  learn(request: SipMessage, response: SipMessage, peer: Peer): void {
    if (peer.stream === undefined) return
    const granted = new Map<string, number>()
    for (const value of response.list('contact')) {
      const address = parseAddress(value)
      const key = address === undefined ? undefined : keyOf(address.uri)
      if (key !== undefined) granted.set(key, lifetime(address?.params ?? '', response))
    }
    for (const value of request.list('contact')) {
      const key = keyOf(parseAddress(value)?.uri ?? '')
      if (key !== undefined) this.#set(key, peer, granted.get(key) ?? 0)
    }
    // Whoever closed before the answer: nobody else tells of it afterwards.
    if (!peer.stream.open) this.#ended(peer)
    else if (granted.size > 0) this.#peers.set(peer.stream, peer)
  }

  /** Calls back if a contact was registered on it. Requests to that go on failing at once. */
  closed(stream: Stream): void {
    const peer = this.#peers.get(stream)
    if (peer === undefined) return
    this.#peers.delete(stream)
    this.#ended(peer)
  }

  /** Where a request to this URI must go, or undefined if it was not registered on a stream. */
  find(uri: string): Target | undefined {
    const key = keyOf(uri)
    const flow = key === undefined ? undefined : this.#flows.get(key)
    if (key === undefined || flow === undefined) return undefined
    if (flow.untilMs < this.#clock.nowMs()) {
      this.#flows.delete(key)
      return undefined
    }
    return { ...targetOf(flow.peer), streamOnly: true }
  }

  /** The connection from there on which a contact was registered: nobody listens at that port. */
  from({ protocol, host, port }: Pick<Target, 'protocol' | 'host' | 'port'>): Target | undefined {
    const flow = this.#places.get(placeOf(protocol, host, port))
    if (flow === undefined || flow.untilMs < this.#clock.nowMs()) return undefined
    return { ...targetOf(flow.peer), streamOnly: true }
  }

  #set(key: string, peer: Peer, seconds: number): void {
    this.#forget(key)
    if (seconds === 0) return
    if (this.#flows.size >= maxFlows || this.#places.size >= maxFlows) this.#forgetOld()
    if (this.#flows.size >= maxFlows || this.#places.size >= maxFlows) return
    const untilMs = this.#clock.nowMs() + seconds * 1000
    const flow = { peer, untilMs }
    this.#flows.set(key, flow)
    this.#places.set(placeOf(peer.protocol, peer.address, peer.port), flow)
  }

  #forget(key: string): void {
    const flow = this.#flows.get(key)
    if (flow === undefined) return
    this.#flows.delete(key)
    const { protocol, address, port } = flow.peer
    const place = placeOf(protocol, address, port)
    if (this.#places.get(place) === flow) this.#places.delete(place)
  }

  #forgetOld(): void {
    const nowMs = this.#clock.nowMs()
    for (const [key, { untilMs }] of this.#flows) if (untilMs < nowMs) this.#flows.delete(key)
    for (const [place, { untilMs }] of this.#places) {
      if (untilMs < nowMs) this.#places.delete(place)
    }
  }
}

const placeOf = (protocol: string, address: string, port: number): string =>
  `${protocol}/${address}:${port}`
