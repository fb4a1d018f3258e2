import { ipBytes, ipv6Bytes } from '../../core/ip-bytes.ts'
import type { SipMessage } from '../../core/ports/trace.ts'

/** LINKTYPE_RAW: each packet begins with its IP header. */
const rawIp = 101
const snapBytes = 0xffff
const udp = 17
const udpHeaderBytes = 8
const ipv4HeaderBytes = 20
const ipv6HeaderBytes = 40
/** What one UDP datagram over IPv4 can carry; a longer message, which came by a stream, is cut. */
const mostBytes = 65_507

/**
 * Messages as a capture file (pcap, microseconds). Each is one UDP datagram between the true addresses at
 * the true time: exactly what was on the wire for UDP, a copy of the message for streams, which leaves
 * TCP's, TLS's and the WebSocket's own framing out.
 */
export function pcapOf(messages: readonly SipMessage[]): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(0xa1b2c3d4, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(4, 6)
  head.writeUInt32LE(snapBytes, 16)
  head.writeUInt32LE(rawIp, 20)
  return Buffer.concat([head, ...messages.flatMap((message) => recordOf(message))])
}

function recordOf(message: SipMessage): Buffer[] {
  const packet = packetOf(message)
  const cut = Math.max(0, message.raw.length - mostBytes)
  const head = Buffer.alloc(16)
  head.writeUInt32LE(Math.floor(message.atMs / 1000), 0)
  head.writeUInt32LE(Math.floor((message.atMs % 1000) * 1000), 4)
  head.writeUInt32LE(packet.length, 8)
  head.writeUInt32LE(packet.length + cut, 12)
  return [head, packet]
}

function packetOf({ direction, local, remote, raw }: SipMessage): Buffer {
  const [source, destination] = direction === 'in' ? [remote, local] : [local, remote]
  const payload = Buffer.from(raw.slice(0, mostBytes), 'latin1')
  const [from, to] = [ipBytes(source.address), ipBytes(destination.address)]
  const isV4 = from.length === 4 && to.length === 4
  const ends = isV4 ? Buffer.concat([from, to]) : Buffer.concat([ipv6Bytes(from), ipv6Bytes(to)])
  const datagram = Buffer.alloc(udpHeaderBytes + payload.length)
  datagram.writeUInt16BE(source.port, 0)
  datagram.writeUInt16BE(destination.port, 2)
  datagram.writeUInt16BE(datagram.length, 4)
  payload.copy(datagram, udpHeaderBytes)
  datagram.writeUInt16BE(udpChecksum(ends, datagram), 6)
  return Buffer.concat([isV4 ? ipv4Header(ends, datagram) : ipv6Header(ends, datagram), datagram])
}

function ipv4Header(ends: Buffer, { length }: Buffer): Buffer {
  const head = Buffer.alloc(ipv4HeaderBytes)
  head.writeUInt8(0x45, 0)
  head.writeUInt16BE(ipv4HeaderBytes + length, 2)
  head.writeUInt8(64, 8)
  head.writeUInt8(udp, 9)
  ends.copy(head, 12)
  head.writeUInt16BE(~folded(sumOf(head)) & 0xffff, 10)
  return head
}

function ipv6Header(ends: Buffer, { length }: Buffer): Buffer {
  const head = Buffer.alloc(ipv6HeaderBytes)
  head.writeUInt8(0x60, 0)
  head.writeUInt16BE(length, 4)
  head.writeUInt8(udp, 6)
  head.writeUInt8(64, 7)
  ends.copy(head, 8)
  return head
}

/** RFC 768 with the pseudo header; 0 would mean that there is none. */
function udpChecksum(ends: Buffer, datagram: Buffer): number {
  const sum = sumOf(ends) + udp + datagram.length + sumOf(datagram)
  return ~folded(sum) & 0xffff || 0xffff
}

/** The Internet checksum's sum (RFC 1071), carries not yet folded in. */
function sumOf(bytes: Buffer): number {
  let sum = 0
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += bytes.readUInt16BE(i)
  return bytes.length % 2 === 1 ? sum + (bytes.at(-1) ?? 0) * 256 : sum
}

function folded(sum: number): number {
  let rest = sum
  while (rest > 0xffff) rest = (rest & 0xffff) + Math.floor(rest / 0x10000)
  return rest
}
