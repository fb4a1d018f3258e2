import { BlockList, isIP } from 'node:net'

/** A place that the operator allows: a host (with a port if only that one is meant) or a network. */
export type AllowedTarget =
  | { readonly kind: 'host'; readonly host: string; readonly port: number | undefined }
  | { readonly kind: 'network'; readonly address: string; readonly prefixBits: number }

/**
 * Whether a host (name or IP address, lower case, no brackets) and port are on the list. A network only
 * ever matches an address: names are not resolved here.
 */
export function isAllowed(
  targets: readonly AllowedTarget[],
  host: string,
  port: number | undefined,
): boolean {
  return targets.some((target) =>
    target.kind === 'host'
      ? target.host === host && (target.port === undefined || target.port === (port ?? 5060))
      : isIn(target.address, target.prefixBits, host),
  )
}

/** An address in lower case without the brackets of an IPv6 reference, an IPv4 one that is mapped as such. */
export const plainAddress = (address: string): string =>
  address
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=[\d.]+$)/, '')

/** An address or a network (CIDR) as a target, also one in a mapped form; empty for what is neither. */
export function networkOf(text: string): AllowedTarget[] {
  const mapped = /^::ffff:(\d+\.[\d.]+)\/(\d{2,3})$/i.exec(text)
  if (mapped?.[1] !== undefined && Number(mapped[2]) >= 96) {
    return networkOf(`${mapped[1]}/${Number(mapped[2]) - 96}`)
  }
  const [given = '', bits, ...rest] = text.split('/')
  const address = bits === undefined ? plainAddress(given) : given
  const longest = isIP(address) === 6 ? 128 : 32
  const prefixBits = bits === undefined ? longest : Number(bits)
  const isGood =
    isIP(address) !== 0 &&
    rest.length === 0 &&
    (bits === undefined || /^\d{1,3}$/.test(bits)) &&
    prefixBits <= longest
  return isGood ? [{ kind: 'network', address, prefixBits }] : []
}

function isIn(network: string, prefixBits: number, host: string): boolean {
  const version = isIP(host)
  if (version === 0 || isIP(network) !== version) return false
  const type = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, prefixBits, type)
  return list.check(host, type)
}

/**
 * Host and port of a SIP URI; undefined when there is no host that can be read, or when a parameter may
 * send the request to another one (`maddr`): only `transport` and `user` are taken.
 */
export function sipTargetOf(uri: string): { host: string; port: number | undefined } | undefined {
  const match =
    /^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?>\s@[\]]+)(?::(\d{1,5}))?(?:;(?:transport|user)=\w+)*$/i.exec(
      uri,
    )
  const host = match?.[1]?.replace(/^\[|\]$/g, '').toLowerCase()
  if (!host) return undefined
  return { host, port: match?.[2] === undefined ? undefined : Number(match[2]) }
}
