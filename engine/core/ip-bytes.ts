/** `::ffff:` before an IPv4 address (RFC 4291 section 2.5.5.2). */
const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

const v4 = (text: string): number[] => text.split('.').map(Number)

/**
 * The bytes of an IP address, 4 or 16; those of an IPv4 address in an IPv6 one are 4. What is no address
 * is `0.0.0.0`.
 */
export function ipBytes(address: string): Uint8Array {
  const text = address
    .toLowerCase()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/, '')
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return Uint8Array.from(v4(text))
  if (!/^[\da-f:.]*:[\da-f:.]*$/.test(text)) return new Uint8Array(4)
  const [head = '', tail] = text.split('::')
  const [before, after] = [groups(head), groups(tail ?? '')]
  const gap = Math.max(0, 16 - before.length - after.length)
  return Uint8Array.from([...before, ...Array<number>(gap).fill(0), ...after].slice(0, 16))
}

function groups(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      if (group.includes('.')) return v4(group)
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 0xff]
    })
}

/** The same in 16 bytes. */
export const ipv6Bytes = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 16 ? bytes : Uint8Array.from([...mapped, ...bytes])
