const magicCookie = 0x2112a442
const bindingRequest = 0x0001
const bindingSuccess = 0x0101
const xorMappedAddress = 0x0020
const headBytes = 20
const ipv4 = 1
const ipv6 = 2

/** An IP address in the order of the wire. */
const addressBytes = (address: string): Buffer => {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const bytes = Buffer.alloc(16)
  for (const [index, group] of first.entries()) bytes.writeUInt16BE(group, index * 2)
  for (const [index, group] of last.entries()) {
    bytes.writeUInt16BE(group, 16 - (last.length - index) * 2)
  }
  return bytes
}

/**
 * STUN begins with a byte from 0 to 3 (RFC 7983 section 7), SIP never does. Its two zero bits alone do not
 * tell: line ends before a request have them too, and so has a method such as `!x`.
 */
export const isStun = (bytes: Uint8Array): boolean =>
  bytes.length >= headBytes && (bytes[0] ?? 0xff) <= 3

/**
 * The answer to the binding request by which a phone keeps its way through a NAT open and sees whether its
 * address has changed (RFC 5626 section 4.4.2, RFC 8489); undefined for anything else, which gets no answer.
 */
export const stunAnswer = (
  request: Buffer,
  { address, port }: { readonly address: string; readonly port: number },
): Buffer | undefined => {
  const isBinding =
    request.readUInt16BE(0) === bindingRequest &&
    request.readUInt16BE(2) === request.length - headBytes &&
    request.readUInt32BE(4) === magicCookie
  if (!isBinding) return undefined
  const plain = addressBytes(address)
  const mapped = plain.map((byte, index) => byte ^ (request[4 + index] ?? 0))
  const answer = Buffer.alloc(headBytes + 8)
  request.copy(answer, 4, 4, headBytes)
  answer.writeUInt16BE(bindingSuccess, 0)
  answer.writeUInt16BE(8 + mapped.length, 2)
  answer.writeUInt16BE(xorMappedAddress, headBytes)
  answer.writeUInt16BE(4 + mapped.length, headBytes + 2)
  answer.writeUInt8(mapped.length === 4 ? ipv4 : ipv6, headBytes + 5)
  answer.writeUInt16BE(port ^ (magicCookie >>> 16), headBytes + 6)
  return Buffer.concat([answer, mapped])
}
