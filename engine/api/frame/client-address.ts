import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { TLSSocket } from 'node:tls'

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** An IPv4 address that came in on an IPv6 socket is an IPv4 address. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

/**
 * Who sent a request that the framework does not see: of those that proxies wrote into
 * X-Forwarded-For, and the connection itself, the last that is no proxy of ours.
 */
export function clientAddresses(trusted: readonly string[]): (request: IncomingMessage) => string {
  const proxies = listOf(trusted)
  return ({ headers, socket }) => {
    const told = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((each) => plain(each.trim()))
    let address = plain(socket.remoteAddress ?? '')
    while (isIP(address) !== 0 && proxies.check(address, familyOf(address))) {
      const before = told.pop() ?? ''
      if (isIP(before) === 0) break
      address = before
    }
    return address
  }
}

/** Whether a request that the framework does not see came encrypted: to us, or to a proxy of ours that says so. */
export function encryptedRequests(
  trusted: readonly string[],
): (request: IncomingMessage) => boolean {
  const proxies = listOf(trusted)
  return ({ headers, socket }) => {
    if (socket instanceof TLSSocket) return true
    const address = plain(socket.remoteAddress ?? '')
    if (isIP(address) === 0 || !proxies.check(address, familyOf(address))) return false
    const told = String(headers['x-forwarded-proto'] ?? '').split(',')
    return told.at(-1)?.trim().toLowerCase() === 'https'
  }
}

function listOf(trusted: readonly string[]): BlockList {
  const proxies = new BlockList()
  for (const each of trusted) {
    const [address = '', bits] = each.split('/')
    if (bits === undefined) proxies.addAddress(address, familyOf(address))
    else proxies.addSubnet(address, Number(bits), familyOf(address))
  }
  return proxies
}
