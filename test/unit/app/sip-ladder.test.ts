import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ladderOf } from '../../../engine/app/sip-ladder/ladder.ts'
import { pcapOf } from '../../../engine/app/sip-ladder/pcap.ts'
import { ladderText } from '../../../engine/app/sip-ladder/text.ts'
import { type CallRecord, freshCall } from '../../../engine/core/call.ts'
import type { AccountId, CallId } from '../../../engine/core/ids.ts'
import type { SipMessage, SipTrace, TracedMessage } from '../../../engine/core/ports/trace.ts'

const startMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const engine = { address: '192.0.2.1', port: 5060 }
const alice = { address: '192.0.2.10', port: 5062 }
const trunk = { address: '2001:db8::20', port: 5061 }
const sdp = 'Content-Type: application/sdp\r\n\r\nv=0\r\n'

const call = (id: string, sipCallId: string | null = null): CallRecord => ({
  ...freshCall({
    id: id as CallId,
    accountId: 'account' as AccountId,
    direction: 'inbound',
    from: '1001',
    to: '+15005550140',
    createdAtMs: startMs,
  }),
  sipCallId,
})

const request = (method: string, more = '\r\n') =>
  `${method} sip:b@h SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 ${method}\r\n${more}`
const response = (status: string, method: string, more = '\r\n') =>
  `SIP/2.0 ${status}\r\nCall-ID: x\r\nCSeq: 1 ${method}\r\n${more}`

const message = (changes: Partial<TracedMessage>): TracedMessage => ({
  atMs: startMs,
  direction: 'in',
  protocol: 'udp',
  local: engine,
  remote: alice,
  raw: request('INVITE', sdp),
  sipCallId: 'one',
  ...changes,
})

/** Alice calls by UDP, the second leg goes out by TLS. */
const ofCaller = [
  message({}),
  message({ atMs: startMs + 500 }),
  message({ atMs: startMs + 501, direction: 'out', raw: response('100 Trying', 'INVITE') }),
  message({ atMs: startMs + 900, direction: 'out', raw: response('200 OK', 'INVITE', sdp) }),
]
const ofTrunk = [
  message({
    atMs: startMs + 600,
    direction: 'out',
    protocol: 'tls',
    remote: trunk,
    sipCallId: 't',
  }),
  message({
    ...{ atMs: startMs + 700, protocol: 'tls', remote: trunk, sipCallId: 't' },
    raw: response('486 Busy \x1b[31m\xc3\xa9', 'INVITE'),
  }),
]
const traceOf = (calls: Record<string, readonly TracedMessage[]>, truncated = false): SipTrace => ({
  isOn: true,
  ofCall: (id) => {
    const messages = calls[id]
    return messages && { messages, truncated }
  },
})
const both = ladderOf([call('a', 'one'), call('b', 't')], traceOf({ a: ofCaller, b: ofTrunk }))

describe('a ladder', () => {
  test('has a column for each peer, the caller left of the engine', () => {
    expect(both.columns).toEqual(['192.0.2.10:5062', 'Ringdown', '[2001:db8::20]:5061'])
    expect(both.dialogs).toEqual([
      { sipCallId: 'one', callId: 'a' },
      { sipCallId: 't', callId: 'b' },
    ])
    expect(both).toMatchObject({ truncated: false, isOn: true, startMs })
  })

  test('has the messages of all legs in order, and says which are repeated', () => {
    const told = both.rows.map(({ offsetMs, from, to, label, isRepeated }) =>
      [offsetMs, `${from}>${to}`, label, ...(isRepeated ? ['again'] : [])].join(' '),
    )
    expect(told).toEqual([
      '0 0>1 INVITE (sdp)',
      '500 0>1 INVITE (sdp) again',
      '501 1>0 100 Trying',
      '600 1>2 INVITE (sdp)',
      '700 2>1 486 Busy ?[31mé',
      '900 1>0 200 OK (INVITE, sdp)',
    ])
    expect(both.rows[4]).toMatchObject({ method: 'INVITE', status: 486, callId: 'b', dialog: 1 })
  })

  test.each([
    ['BYE sip:a SIP/2.0\r\n\r\n', 'BYE', 'BYE'],
    [response('200 OK', 'BYE'), 'BYE', '200 OK (BYE)'],
    ['SIP/2.0 404\r\ncseq:7  OPTIONS\r\n\r\n', 'OPTIONS', '404 (OPTIONS)'],
    ['\xff\xfe', '', 'unreadable'],
    ['', '', 'unreadable'],
  ])('reads %j', (raw, method, label) => {
    const { rows } = ladderOf([call('a')], traceOf({ a: [message({ raw })] }))
    expect(rows[0]).toMatchObject({ method, label })
  })

  test('of an outbound call alone begins with the engine', () => {
    const { columns } = ladderOf([call('b')], traceOf({ b: ofTrunk }))
    expect(columns).toEqual(['Ringdown', '[2001:db8::20]:5061'])
  })

  test('says when something is missing', () => {
    const none = traceOf({})
    expect(ladderOf([call('a', 'one')], none)).toMatchObject({ truncated: true, rows: [] })
    expect(ladderOf([call('a')], none)).toMatchObject({ truncated: false, columns: [] })
    expect(ladderOf([call('a')], traceOf({ a: ofCaller }, true)).truncated).toBe(true)
    expect(ladderOf([call('a', 'one')], { ...none, isOn: false }).truncated).toBe(false)
  })
})

describe('as text', () => {
  test('arrows between the columns', () => {
    expect(ladderText(both)).toBe(
      [
        'Call a: 6 SIP messages in 2 dialogs, from 2026-01-02T03:04:05.678Z',
        '',
        '       ms  192.0.2.10:5062              Ringdown                     [2001:db8::20]:5061',
        '        0  |------- INVITE (sdp) ------>|                            |  udp #1',
        '      500  |- - - - INVITE (sdp)  - - ->|                            |  udp #1 again',
        '      501  |<------- 100 Trying --------|                            |  udp #1',
        '      600  |                            |------- INVITE (sdp) ------>|  tls #2',
        '      700  |                            |<---- 486 Busy ?[31mé ------|  tls #2',
        '      900  |<-- 200 OK (INVITE, sdp) ---|                            |  udp #1',
        '',
        '#1 Call-ID one, call a',
        '#2 Call-ID t, call b',
        '',
      ].join('\n'),
    )
  })

  test('of nothing', () => {
    expect(ladderText(ladderOf([call('a')], { ...traceOf({}), isOn: false }))).toBe(
      'Call a: 0 SIP messages in 0 dialogs\nSIP messages are not kept (RINGDOWN_SIP_TRACE=off).\n',
    )
  })

  test('of far too long a reason', () => {
    const raw = response(`500 ${'long '.repeat(100)}`, 'INVITE')
    const lines = ladderText(ladderOf([call('a')], traceOf({ a: [message({ raw })] })))
    expect(Math.max(...lines.split('\n').map(({ length }) => length))).toBeLessThan(100)
  })
})

interface Packet {
  readonly atMs: number
  readonly cut: number
  readonly ends: string
  readonly ports: string
  readonly payload: string
}

/** Ones' complement sum of 16-bit words; 0xffff when a checksum is in it and right. */
function onesSum(bytes: Buffer): number {
  let sum = 0
  const whole = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)])
  for (let i = 0; i < whole.length; i += 2) {
    sum += whole.readUInt16BE(i)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}

function packetsOf(file: Buffer): Packet[] {
  expect(file.readUInt32LE(0).toString(16)).toBe('a1b2c3d4')
  expect(file.readUInt32LE(20)).toBe(101)
  const packets: Packet[] = []
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8)
    const ip = file.subarray(at + 16, at + 16 + length)
    const isV4 = ip[0] === 0x45
    const ends = isV4 ? ip.subarray(12, 20) : ip.subarray(8, 40)
    const udp = ip.subarray(isV4 ? 20 : 40)
    expect(udp.readUInt16BE(4)).toBe(udp.length)
    if (isV4) expect([onesSum(ip.subarray(0, 20)), ip.readUInt16BE(2)]).toEqual([0xffff, length])
    else expect(ip.readUInt16BE(4)).toBe(udp.length)
    const pseudo = Buffer.alloc(4)
    pseudo.writeUInt16BE(17)
    pseudo.writeUInt16BE(udp.length, 2)
    expect(onesSum(Buffer.concat([ends, pseudo, udp]))).toBe(0xffff)
    packets.push({
      atMs: file.readUInt32LE(at) * 1000 + file.readUInt32LE(at + 4) / 1000,
      cut: file.readUInt32LE(at + 12) - length,
      ends: ends.toString('hex'),
      ports: `${udp.readUInt16BE(0)}>${udp.readUInt16BE(2)}`,
      payload: udp.subarray(8).toString('latin1'),
    })
    at += 16 + length
  }
  return packets
}

describe('as a capture file', () => {
  test('each message is a datagram between the true addresses, with right checksums', () => {
    const packets = packetsOf(pcapOf(both.rows.map((row) => row.message)))
    expect(packets).toHaveLength(6)
    expect(packets[0]).toEqual({
      atMs: startMs,
      cut: 0,
      ends: 'c000020ac0000201',
      ports: '5062>5060',
      payload: ofCaller[0]?.raw,
    })
    expect(packets[3]).toMatchObject({
      ends: '00000000000000000000ffffc000020120010db8000000000000000000000020',
      ports: '5060>5061',
    })
  })

  test('of odd lengths, of bytes beyond ASCII, and of more than a datagram holds', () => {
    const raws = ['INVITE', 'INVITE!', '\xff\xfe\xfd', 'x'.repeat(65_536)]
    const packets = packetsOf(pcapOf(raws.map((raw) => message({ raw }))))
    expect(packets.map(({ payload }) => payload)).toEqual([...raws.slice(0, 3), 'x'.repeat(65_507)])
    expect(packets.map(({ cut }) => cut)).toEqual([0, 0, 0, 29])
  })

  test('of nothing is a file without packets', () => {
    expect(packetsOf(pcapOf([]))).toEqual([])
  })

  const tshark = ['/usr/bin/tshark', '/usr/local/bin/tshark'].find((path) => existsSync(path))

  test.runIf(tshark)('tshark reads it as SIP', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringdown-pcap-'))
    const file = join(folder, 'call.pcap')
    const lines =
      'Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nMax-Forwards: 70\r\n'
    const whole = (one: SipMessage) => ({
      ...one,
      raw: one.raw.replace('Call-ID', `${lines}Call-ID`),
    })
    try {
      writeFileSync(file, pcapOf(both.rows.map((row) => whole(row.message))))
      const fields = ['-T', 'fields', '-e', 'sip.Request-Line', '-e', 'sip.Status-Line']
      const args = [
        '-r',
        file,
        '-o',
        'udp.check_checksum:TRUE',
        '-Y',
        'sip && udp.checksum.status == 1',
      ]
      const told = execFileSync(tshark ?? '', [...args, ...fields], { stdio: 'pipe' }).toString()
      const told6 = told.trimEnd().split('\n')
      expect(told6).toHaveLength(6)
      expect(told6[0]?.trim()).toBe('INVITE sip:b@h SIP/2.0')
      expect(told6[5]?.trim()).toBe('SIP/2.0 200 OK')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
