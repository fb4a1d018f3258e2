import { ipBytes, ipv6Bytes } from '../core/ip-bytes.ts'
import type { SipMessage, SipPlace } from '../core/ports/trace.ts'
import { withoutSipSecrets } from '../core/sip-secrets.ts'

/*
 * HEP version 3 (the specification of EEP/HEP by sipcapture): `HEP3`, the whole length, then chunks of
 * vendor, type, length with these six bytes, and value; numbers are big-endian, vendor 0 is generic.
 */
const chunk = {
  ipFamily: 1,
  ipProtocol: 2,
  sourceV4: 3,
  destinationV4: 4,
  sourceV6: 5,
  destinationV6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  protocolType: 11,
  captureId: 12,
  password: 14,
  payload: 15,
  correlationId: 17,
} as const

const family = { v4: 2, v6: 10 } as const
const udp = 17
const tcp = 6
const sip = 1

export interface HepIdentity {
  /** Tells senders apart; 32 bits. */
  readonly captureId: number
  readonly password: string | undefined
}

/** What a UDP datagram over IPv4 holds at most. */
export const maxHepBytes = 65_507
const headBytes = 6
/** A longer one is the message itself by another name. */
const longestCallId = 1024

export interface HepPacket {
  readonly packet: Buffer
  /** The end of the message is left out: it was too long. */
  readonly isCut: boolean
}

/** One message as a HEPv3 packet, without its secrets. `sipCallId` joins what belongs together. */
export function hepPacket(
  message: SipMessage,
  sipCallId: string | undefined,
  { captureId, password }: HepIdentity,
): HepPacket {
  const { atMs, direction, protocol, local, remote, raw } = message
  const [source, destination] = direction === 'in' ? [remote, local] : [local, remote]
  const head = Buffer.concat([
    Buffer.from('HEP3\0\0', 'latin1'),
    ...addresses(source, destination),
    number(chunk.ipProtocol, 1, protocol === 'udp' ? udp : tcp),
    number(chunk.sourcePort, 2, source.port),
    number(chunk.destinationPort, 2, destination.port),
    number(chunk.seconds, 4, Math.floor(atMs / 1000)),
    number(chunk.microseconds, 4, Math.floor((atMs % 1000) * 1000)),
    number(chunk.protocolType, 1, sip),
    number(chunk.captureId, 4, captureId),
    ...(password === undefined ? [] : [bytes(chunk.password, Buffer.from(password))]),
    ...(sipCallId === undefined || sipCallId.length > longestCallId
      ? []
      : [bytes(chunk.correlationId, Buffer.from(sipCallId, 'latin1'))]),
  ])
  const text = withoutSipSecrets(raw)
  const room = Math.max(0, maxHepBytes - head.length - headBytes)
  const payload = bytes(chunk.payload, Buffer.from(text.slice(0, room), 'latin1'))
  const packet = Buffer.concat([head, payload])
  packet.writeUInt16BE(packet.length, 4)
  return { packet, isCut: text.length > room }
}

function number(type: number, size: 1 | 2 | 4, value: number): Buffer {
  const data = Buffer.alloc(size)
  data.writeUIntBE(value, 0, size)
  return bytes(type, data)
}

function bytes(type: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(data.length + headBytes, 4)
  return Buffer.concat([head, data])
}

function addresses(source: SipPlace, destination: SipPlace): Buffer[] {
  const [from, to] = [ipBytes(source.address), ipBytes(destination.address)]
  if (from.length === 4 && to.length === 4) {
    return [
      number(chunk.ipFamily, 1, family.v4),
      bytes(chunk.sourceV4, from),
      bytes(chunk.destinationV4, to),
    ]
  }
  return [
    number(chunk.ipFamily, 1, family.v6),
    bytes(chunk.sourceV6, ipv6Bytes(from)),
    bytes(chunk.destinationV6, ipv6Bytes(to)),
  ]
}
