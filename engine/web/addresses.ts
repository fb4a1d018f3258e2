import { BlockList, isIP } from 'node:net'

/**
 * The address as the checks see it: lower case, no brackets, and an IPv4 address that is dressed up as
 * IPv6 (::ffff:a.b.c.d, in whichever spelling) undressed. Undefined for a name.
 */
export function addressOf(host: string): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(bare) === 0) return undefined
  return isIP(bare) === 6 ? (mappedIpv4(bare) ?? bare) : bare
}

/** The WHATWG parser gives every IPv6 address its one canonical spelling, in hexadecimal. */
function mappedIpv4(address: string): string | undefined {
  const canonical = URL.parse(`http://[${address}]`)?.hostname ?? ''
  const match = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(canonical)
  if (match === null) return undefined
  const [high, low] = [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Blocks that are not the public internet (RFC 6890 and the IANA special-purpose registries). */
const specialIpv4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Inside 2000::/3: protocol assignments with Teredo, documentation, 6to4. */
const specialIpv6: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const blocked = new BlockList()
for (const [network, bits] of specialIpv4) blocked.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of specialIpv6) blocked.addSubnet(network, bits, 'ipv6')

/** All of global unicast; what is outside is loopback, local, multicast, translation or unassigned. */
const globalIpv6 = new BlockList()
globalIpv6.addSubnet('2000::', 3, 'ipv6')

/** True for an address of the public internet, as `addressOf` gives it. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !blocked.check(address, 'ipv4')
  return globalIpv6.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}
