import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Which of our addresses a peer is told. */
export interface Advertised {
  /** address the sockets are bound to; `0.0.0.0` or `::` for all */
  readonly bound: string
  /** address that outsiders reach us at, if it is another */
  readonly publicAddress: string | undefined
  /** `outside`: peers of our own and of private networks are told the local address */
  readonly publicFor: 'all' | 'outside'
}

/** An address of ours and its network. */
export interface Own {
  readonly address: string
  /** in CIDR notation */
  readonly network: string
}

const wildcards = new Set(['0.0.0.0', '::', ''])

const networkOf = (cidr: string): BlockList => {
  const [address = '', bits = ''] = cidr.split('/')
  const list = new BlockList()
  list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return list
}

const contains = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

const closed = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1/128', 'fe80::/10', 'fc00::/7'],
].map(networkOf)

/** Loopback, link-local and private addresses; host names count as outside. */
export const isInside = (address: string): boolean =>
  isIP(address) !== 0 && closed.some((network) => contains(network, address))

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address)

/** Addresses of this machine's network cards. */
export const ownAddresses = (): Own[] =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter((each) => !each.internal && each.cidr !== null)
    .map(({ address, cidr }) => ({ address, network: cidr ?? '' }))

const refreshMs = 30_000

/** Chooses the address to write into Via, Contact and Record-Route for a given peer. */
export class LocalAddress {
  readonly #advertised: Advertised
  readonly #read: () => Own[]
  #own: readonly (Own & { readonly list: BlockList })[] = []
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(advertised: Advertised, read: () => Own[] = ownAddresses) {
    this.#advertised = advertised
    this.#read = read
  }

  /** the address of our own side as the peer at `remote` should see it */
  forPeer(remote: string, nowMs: number): string {
    const { publicAddress, publicFor } = this.#advertised
    if (publicAddress === undefined) return this.socketAddress(remote, nowMs)
    if (publicFor === 'all') return publicAddress
    const isNear = isInside(remote) || this.#nearest(remote, nowMs) !== undefined
    // who has no address of the public one's kind cannot reach that
    const isReached = isIP(remote) === 0 || isIP(remote) === isIP(publicAddress)
    return isNear || !isReached ? this.socketAddress(remote, nowMs) : publicAddress
  }

  /** the address that the packet really leaves from, as far as can be known */
  socketAddress(remote: string, nowMs: number): string {
    const { bound } = this.#advertised
    if (!wildcards.has(bound)) return bound
    const family = bound === '::' && isIP(remote) === 6 ? 6 : 4
    const loopback = family === 6 ? '::1' : '127.0.0.1'
    if (isLoopback(remote)) return loopback
    const near = this.#nearest(remote, nowMs)
    if (near !== undefined) return near
    const own = this.#addresses(nowMs).filter(({ address }) => isIP(address) === family)
    const found = own.find(({ address }) => !isLinkLocal(address)) ?? own[0]
    return found?.address ?? loopback
  }

  /** True if `host` is one of ours. */
  isOwn(host: string, nowMs: number): boolean {
    const { bound, publicAddress } = this.#advertised
    if (host === bound || host === publicAddress) return true
    if (!wildcards.has(bound)) return false
    return isLoopback(host) || this.#addresses(nowMs).some(({ address }) => address === host)
  }

  /** Our own address in the network that the other one is in. */
  #nearest(remote: string, nowMs: number): string | undefined {
    if (isIP(remote) === 0) return undefined
    return this.#addresses(nowMs).find(({ list }) => contains(list, remote))?.address
  }

  #addresses(nowMs: number): readonly (Own & { readonly list: BlockList })[] {
    if (nowMs - this.#readAtMs > refreshMs) {
      this.#own = this.#read().map((own) => ({ ...own, list: networkOf(own.network) }))
      this.#readAtMs = nowMs
    }
    return this.#own
  }
}
