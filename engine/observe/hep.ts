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

/** One message as a HEPv3 packet, without its secrets. `sipCallId` joins what belongs together. */
export function hepPacket(
  message: SipMessage,
  sipCallId: string | undefined,
  { captureId, password }: HepIdentity,
): Buffer {
  const { atMs, direction, protocol, local, remote, raw } = message
  const [source, destination] = direction === 'in' ? [remote, local] : [local, remote]
  const packet = Buffer.concat([
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
    ...(sipCallId === undefined
      ? []
      : [bytes(chunk.correlationId, Buffer.from(sipCallId, 'latin1'))]),
    bytes(chunk.payload, Buffer.from(withoutSipSecrets(raw), 'latin1')),
  ])
  packet.writeUInt16BE(Math.min(packet.length, 0xffff), 4)
  return packet
}

function number(type: number, size: 1 | 2 | 4, value: number): Buffer {
  const data = Buffer.alloc(size)
  data.writeUIntBE(value, 0, size)
  return bytes(type, data)
}

function bytes(type: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(Math.min(data.length + 6, 0xffff), 4)
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
