import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import type { SipMessage } from '../../../engine/core/ports/trace.ts'
import { hepPacket } from '../../../engine/observe/hep.ts'
import { HepSender } from '../../../engine/observe/hep-sender.ts'
import { silentLog } from '../../support/call-lab.ts'

const raw = 'INVITE sip:b@h SIP/2.0\r\nCall-ID: one\r\nSubject: \xe9\r\n\r\n'
const message: SipMessage = {
  atMs: 1_700_000_000_123,
  direction: 'in',
  protocol: 'udp',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '192.0.2.2', port: 40_001 },
  raw,
}

/** The chunks of a packet by type; fails on one that does not end where it says. */
function chunksOf(packet: Buffer): Map<number, Buffer> {
  expect(packet.subarray(0, 4).toString()).toBe('HEP3')
  expect(packet.readUInt16BE(4)).toBe(packet.length)
  const chunks = new Map<number, Buffer>()
  let at = 6
  while (at < packet.length) {
    expect(packet.readUInt16BE(at)).toBe(0)
    const end = at + packet.readUInt16BE(at + 4)
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, end))
    at = end
  }
  expect(at).toBe(packet.length)
  return chunks
}

const asHex = (chunks: Map<number, Buffer>) =>
  Object.fromEntries([...chunks].map(([type, value]) => [type, value.toString('hex')]))

describe('a packet', () => {
  test('has the chunks of HEPv3', () => {
    const chunks = chunksOf(hepPacket(message, 'one', { captureId: 2001, password: 'pass' }).packet)
    expect(asHex(chunks)).toEqual({
      1: '02',
      2: '11',
      3: 'c0000202',
      4: 'c0000201',
      7: '9c41',
      8: '13c4',
      9: '6553f100',
      10: '0001e078',
      11: '01',
      12: '000007d1',
      14: Buffer.from('pass').toString('hex'),
      15: Buffer.from(raw, 'latin1').toString('hex'),
      17: Buffer.from('one').toString('hex'),
    })
  })

  test('of a message that we sent by TLS over IPv6 to somebody with an IPv4 address', () => {
    const sent: SipMessage = {
      ...message,
      direction: 'out',
      protocol: 'tls',
      local: { address: '2001:db8::1', port: 5061 },
    }
    const chunks = asHex(
      chunksOf(hepPacket(sent, undefined, { captureId: 1, password: undefined }).packet),
    )
    expect(chunks).toMatchObject({
      1: '0a',
      2: '06',
      5: '20010db8000000000000000000000001',
      6: '00000000000000000000ffffc0000202',
      7: '13c5',
      8: '9c41',
    })
    expect(Object.keys(chunks)).not.toContain('14')
    expect(Object.keys(chunks)).not.toContain('17')
  })

  test('tells no secrets', () => {
    const secret = 'd41d8cd98f00b204e9800998ecf8427e'
    const withDigest = `${raw.trimEnd()}\r\nAuthorization: Digest response="${secret}"\r\n\r\n`
    const { packet } = hepPacket({ ...message, raw: withDigest }, 'one', {
      captureId: 1,
      password: undefined,
    })
    expect(packet.toString('latin1')).not.toContain(secret)
  })
})

describe('the sender', () => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })
  const clock = { nowMs: () => 0, monotonicMs: () => 0, after: () => () => {} }
  const open = (host: string, port: number): HepSender => {
    const target = { host, port, captureId: 7, password: undefined }
    const sender = new HepSender(target, clock, silentLog)
    closers.push(() => sender.close())
    return sender
  }
  const until = async (check: () => boolean) => {
    while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  test('sends each message to a server on loopback', async () => {
    const server = createSocket('udp4').bind(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => server.close())
    const got: Buffer[] = []
    server.on('message', (packet) => got.push(packet))
    const sender = open('127.0.0.1', server.address().port)
    await until(() => {
      if (sender.sent === 0) sender.send(message)
      return got.length > 0
    })
    expect(chunksOf(got[0]!).get(15)?.toString('latin1')).toBe(raw)
    expect(chunksOf(got[0]!).get(12)?.readUInt32BE()).toBe(7)
  })

  test('cuts what is too long for a datagram', async () => {
    const server = createSocket('udp4').bind(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => server.close())
    const got: Buffer[] = []
    server.on('message', (packet) => got.push(packet))
    const sender = open('127.0.0.1', server.address().port)
    const long = { ...message, raw: `${raw}${'x'.repeat(65_500)}` }
    await until(() => {
      if (sender.sent === 0) sender.send(long)
      return got.length > 0
    })
    expect(got[0]).toHaveLength(65_507)
    const payload = chunksOf(got[0]!).get(15)?.toString('latin1') ?? ''
    expect(long.raw.startsWith(payload)).toBe(true)
    expect(sender.cut).toBe(sender.sent)
  })

  test('counts what it cannot send, goes on, and complains once', async () => {
    const warnings: string[] = []
    const log = { ...silentLog, warn: (text: string) => warnings.push(text) }
    const target = { host: '127.0.0.1', port: 9, captureId: 7, password: undefined }
    const sender = new HepSender(target, clock, log)
    await until(() => {
      sender.send(message)
      return sender.errors > 20 && sender.sent > 20 && warnings.length > 0
    })
    expect(warnings).toHaveLength(1)
    const before = sender.errors
    sender.close()
    sender.send(message)
    expect(sender.errors).toBeGreaterThan(before)
  })
})
