import { isIPv4, isIPv6 } from 'node:net'

type MediaAddress =
  | { readonly kind: 'usable'; readonly address: string }
  /** 0.0.0.0 or ::, the old way to say "do not send to me" (RFC 3264 section 8.4). */
  | { readonly kind: 'hold' }
  | { readonly kind: 'unusable'; readonly because: string }

const unusable = (because: string): MediaAddress => ({ kind: 'unusable', because })

function judgeIPv4(address: string): MediaAddress {
  if (address === '0.0.0.0') return { kind: 'hold' }
  const first = Number.parseInt(address, 10)
  if (first === 0) return unusable('network 0 is no address')
  if (first >= 224) return unusable('multicast and reserved addresses are not taken')
  return { kind: 'usable', address }
}

function judgeIPv6(address: string): MediaAddress {
  const text = address.toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (mapped?.[1]) return judgeIPv4(mapped[1])
  if (/^[0:]+$/.test(text)) return { kind: 'hold' }
  if (text.startsWith('ff')) return unusable('multicast addresses are not taken')
  // The form in which the socket will report the peer: the shortest one.
  return { kind: 'usable', address: new URL(`http://[${text}]`).hostname.slice(1, -1) }
}

/** Judges the address of a c= line. Host names are refused: the media side does not ask DNS. */
export function judgeMediaAddress(address: string | undefined): MediaAddress {
  if (address === undefined) return unusable('there is no c= line')
  if (isIPv4(address)) return judgeIPv4(address)
  if (isIPv6(address) && !address.includes('%')) return judgeIPv6(address)
  return unusable('the c= line has no IP address')
}
