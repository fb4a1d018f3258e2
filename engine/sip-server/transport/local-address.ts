import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Which of our addresses a peer is told. */
export interface Advertised {
  /** address the sockets are bound to; `0.0.0.0` or `::` for all */
  readonly bound: string
  /** address that outsiders reach us at, if it is another */
  readonly publicAddress: string | undefined
  /** `outside`: loopback and private peers are told the local address */
  readonly publicFor: 'all' | 'outside'
}

const wildcards = new Set(['0.0.0.0', '::', ''])

const privateV4 = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/

/** Loopback, link-local and private addresses; host names count as outside. */
export const isInside = (address: string): boolean =>
  isIP(address) === 6
    ? /^(?:::1$|fe8|fe9|fea|feb|fc|fd)/i.test(address)
    : isIP(address) === 4 && privateV4.test(address)

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

const toNumber = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const sameSubnet = (a: string, b: string, netmask: string): boolean => {
  const mask = toNumber(netmask)
  return (toNumber(a) & mask) === (toNumber(b) & mask)
}

interface Own {
  readonly address: string
  readonly netmask: string
}

const ownAddresses = (family: 'IPv4' | 'IPv6'): Own[] =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter((each) => each.family === family && !each.internal)

const refreshMs = 30_000

/** Chooses the address to write into Via, Contact and Record-Route for a given peer. */
export class LocalAddress {
  readonly #advertised: Advertised
  #own: Own[] = []
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(advertised: Advertised) {
    this.#advertised = advertised
  }

  /** the address of our own side as the peer at `remote` should see it */
  forPeer(remote: string, nowMs: number): string {
    const { publicAddress, publicFor } = this.#advertised
    if (publicAddress !== undefined && (publicFor === 'all' || !isInside(remote))) {
      return publicAddress
    }
    return this.socketAddress(remote, nowMs)
  }

  /** the address that the packet really leaves from, as far as can be known */
  socketAddress(remote: string, nowMs: number): string {
    const { bound } = this.#advertised
    if (!wildcards.has(bound)) return bound
    const family = bound === '::' ? 'IPv6' : 'IPv4'
    if (isLoopback(remote)) return family === 'IPv6' ? '::1' : '127.0.0.1'
    if (nowMs - this.#readAtMs > refreshMs) {
      this.#own = ownAddresses(family)
      this.#readAtMs = nowMs
    }
    const near = this.#own.find(
      (own) => isIP(remote) === 4 && sameSubnet(own.address, remote, own.netmask),
    )
    const found = near ?? this.#own.find((own) => !own.address.startsWith('fe80')) ?? this.#own[0]
    return found?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1')
  }

  /** True if `host` is one of ours. */
  isOwn(host: string, nowMs: number): boolean {
    const { bound, publicAddress } = this.#advertised
    if (host === bound || host === publicAddress) return true
    if (!wildcards.has(bound)) return false
    return isLoopback(host) || host === this.socketAddress(host, nowMs)
  }
}
