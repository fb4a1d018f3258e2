/** RFC 3261 appendix A on a virtual clock: when a message is repeated, when it is given up. */
import { describe, expect, test } from 'vitest'
import { newCounters } from '../../../engine/sip-server/counters.ts'
import { defaultTiming, parseMessage } from '../../../engine/sip-server/index.ts'
import { responseText } from '../../../engine/sip-server/message/respond.ts'
import { ClientTransaction } from '../../../engine/sip-server/transaction/client.ts'
import { ServerTransaction } from '../../../engine/sip-server/transaction/server.ts'
import type { Peer, SendFailure, Target } from '../../../engine/sip-server/transport/peer.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

type Wire = 'udp' | 'tcp'

const peerOn = (protocol: Wire): Peer => ({ protocol, address: '192.0.2.1', port: 5060 })

function bench() {
  const clock = new VirtualClock()
  const startMs = clock.nowMs()
  const sent: { atMs: number; first: string }[] = []
  const fail: { why: SendFailure | undefined } = { why: undefined }
  const context = {
    clock,
    timing: defaultTiming,
    counters: newCounters(),
    send: (_target: Target, text: string, failed: (why: SendFailure) => void) => {
      sent.push({ atMs: clock.nowMs() - startMs, first: text.split('\r\n', 1)[0]! })
      if (fail.why !== undefined) failed(fail.why)
    },
  }
  const times = (start: string): number[] =>
    sent.filter(({ first }) => first.startsWith(start)).map(({ atMs }) => atMs / 1000)
  return { clock, context, sent, times, fail, elapsed: () => (clock.nowMs() - startMs) / 1000 }
}

const requestText = (method: string): string =>
  [
    `${method} sip:bob@192.0.2.1 SIP/2.0`,
    'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx',
    'From: <sip:a@h>;tag=1',
    'To: <sip:b@h>',
    'Call-ID: c',
    `CSeq: 1 ${method}`,
    '',
    '',
  ].join('\r\n')

const request = (method: string) => parseMessage(requestText(method))!
const response = (method: string, status: number, toTag = 't') =>
  parseMessage(responseText(request(method), { status, toTag }))!

function client(method: string, protocol: Wire) {
  const b = bench()
  const heard: string[] = []
  let ended = false
  const draft = {
    start: `${method} sip:bob@192.0.2.1 SIP/2.0`,
    fields: [
      ['Via', 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx'],
      ['From', '<sip:a@h>;tag=1'],
      ['Call-ID', 'c'],
    ] as const,
    body: '',
  }
  const target = { protocol, host: '192.0.2.1', port: 5060 }
  const transaction = new ClientTransaction(
    { method, branch: 'z9hG4bKx', draft, text: requestText(method), target },
    {
      response: (message) => heard.push(`${message.status}@${b.elapsed()}`),
      over: (why) => heard.push(`${why}@${b.elapsed()}`),
    },
    b.context,
    () => {
      ended = true
    },
  )
  transaction.start()
  const receive = (status: number): void =>
    transaction.receive(response(method, status), peerOn(protocol))
  return { ...b, transaction, heard, receive, ended: () => ended }
}

function server(method: string, protocol: Wire) {
  const b = bench()
  const heard: string[] = []
  let ended = false
  const transaction = new ServerTransaction(request(method), peerOn(protocol), b.context, {
    answered: () => heard.push(`answered@${b.elapsed()}`),
    ended: () => {
      ended = true
    },
  })
  transaction.user = {
    ack: () => heard.push(`ack@${b.elapsed()}`),
    unacknowledged: () => heard.push(`unacknowledged@${b.elapsed()}`),
    cancelled: () => heard.push('cancelled'),
  }
  const respond = (status: number): boolean =>
    transaction.respond(status, responseText(request(method), { status, toTag: 't' }))
  return { ...b, transaction, heard, respond, ended: () => ended }
}

describe('client transactions', () => {
  test('INVITE over UDP without any answer', async () => {
    const c = client('INVITE', 'udp')
    await c.clock.advance(60_000)
    expect(c.times('INVITE')).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5])
    expect(c.heard).toEqual(['timeout@32'])
    expect(c.ended()).toBe(true)
    expect(c.clock.pendingTimers).toBe(0)
  })
  test('non-INVITE over UDP without any answer', async () => {
    const c = client('OPTIONS', 'udp')
    await c.clock.advance(60_000)
    expect(c.times('OPTIONS')).toEqual([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])
    expect(c.heard).toEqual(['timeout@32'])
    expect(c.clock.pendingTimers).toBe(0)
  })
  test('non-INVITE after a provisional response: every T2, still 32 s in all', async () => {
    const c = client('OPTIONS', 'udp')
    await c.clock.advance(600)
    c.receive(100)
    await c.clock.advance(60_000)
    expect(c.times('OPTIONS')).toEqual([0, 0.5, 1.5, 5.5, 9.5, 13.5, 17.5, 21.5, 25.5, 29.5])
    expect(c.heard).toEqual(['100@0.6', 'timeout@32'])
  })
  test.each(['INVITE', 'OPTIONS'])('%s over TCP is not repeated', async (method) => {
    const c = client(method, 'tcp')
    await c.clock.advance(60_000)
    expect(c.times(method)).toEqual([0])
    expect(c.heard).toEqual(['timeout@32'])
  })
  test('INVITE: a provisional response ends the repetition, and there is no limit', async () => {
    const c = client('INVITE', 'udp')
    await c.clock.advance(700)
    c.receive(180)
    await c.clock.advance(600_000)
    expect(c.times('INVITE')).toEqual([0, 0.5])
    expect(c.heard).toEqual(['180@0.7'])
    expect(c.clock.pendingTimers).toBe(0)
  })
  test('INVITE: a failure is acknowledged each time, told once, kept 32 s', async () => {
    const c = client('INVITE', 'udp')
    c.receive(486)
    await c.clock.advance(1000)
    c.receive(486)
    await c.clock.advance(30_999)
    expect(c.ended()).toBe(false)
    await c.clock.advance(1)
    expect(c.times('ACK')).toEqual([0, 1])
    expect(c.heard).toEqual(['486@0'])
    expect(c.ended()).toBe(true)
  })
  test('INVITE over TCP: a failure ends it at once', async () => {
    const c = client('INVITE', 'tcp')
    c.receive(486)
    await c.clock.advance(0)
    expect(c.ended()).toBe(true)
  })
  test('INVITE: every 2xx goes up until timer M (RFC 6026)', async () => {
    const c = client('INVITE', 'udp')
    c.receive(200)
    await c.clock.advance(31_000)
    c.receive(200)
    await c.clock.advance(1000)
    expect(c.ended()).toBe(true)
    expect(c.heard).toEqual(['200@0', '200@31'])
    expect(c.times('ACK')).toEqual([])
  })
  test('non-INVITE: K absorbs repeated answers for 5 s', async () => {
    const c = client('OPTIONS', 'udp')
    c.receive(200)
    c.receive(200)
    await c.clock.advance(4999)
    expect(c.ended()).toBe(false)
    await c.clock.advance(1)
    expect(c.ended()).toBe(true)
    expect(c.heard).toEqual(['200@0'])
  })
  test('what cannot be sent is told at once', async () => {
    const c = client('INVITE', 'udp')
    c.fail.why = 'unreachable'
    await c.clock.advance(500)
    expect(c.heard).toEqual(['unreachable@0.5'])
    expect(c.clock.pendingTimers).toBe(0)
  })
})

describe('server transactions', () => {
  test('a failed INVITE is repeated up to T2 and given up at 32 s', async () => {
    const s = server('INVITE', 'udp')
    s.respond(486)
    await s.clock.advance(60_000)
    const wanted = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    expect(s.times('SIP/2.0 486')).toEqual(wanted)
    expect(s.heard).toEqual(['unacknowledged@32'])
    expect(s.ended()).toBe(true)
    expect(s.clock.pendingTimers).toBe(0)
  })
  test('an ACK ends that; I keeps the transaction 5 s', async () => {
    const s = server('INVITE', 'udp')
    s.respond(486)
    await s.clock.advance(600)
    s.transaction.acknowledged(request('INVITE'), peerOn('udp'))
    await s.clock.advance(4999)
    expect(s.ended()).toBe(false)
    await s.clock.advance(1)
    expect(s.ended()).toBe(true)
    expect(s.times('SIP/2.0 486')).toEqual([0, 0.5])
    expect(s.heard).toEqual([])
  })
  test('over TCP a failure is sent once, but its ACK is still waited for', async () => {
    const s = server('INVITE', 'tcp')
    s.respond(486)
    await s.clock.advance(60_000)
    expect(s.times('SIP/2.0 486')).toEqual([0])
    expect(s.heard).toEqual(['unacknowledged@32'])
  })
  test('the INVITE again gets the last provisional response', async () => {
    const s = server('INVITE', 'udp')
    s.transaction.repeated()
    s.respond(100)
    s.transaction.repeated()
    s.respond(180)
    s.transaction.repeated()
    expect(s.sent.map(({ first }) => first.slice(8, 11))).toEqual(['100', '100', '180', '180'])
  })
  test('after a 2xx the INVITE again is absorbed, ACKs go up, L ends it (RFC 6026)', async () => {
    const s = server('INVITE', 'udp')
    s.respond(200)
    s.transaction.repeated()
    s.transaction.acknowledged(request('INVITE'), peerOn('udp'))
    expect(s.respond(486)).toBe(false)
    expect(s.respond(200)).toBe(true)
    await s.clock.advance(32_000)
    expect(s.times('SIP/2.0 200')).toEqual([0, 0])
    expect(s.times('SIP/2.0 486')).toEqual([])
    expect(s.heard).toEqual(['ack@0'])
    expect(s.ended()).toBe(true)
  })
  test('non-INVITE: silent before the answer, repeats it for 32 s, one answer only', async () => {
    const s = server('BYE', 'udp')
    s.transaction.repeated()
    expect(s.sent).toEqual([])
    expect(s.respond(200)).toBe(true)
    expect(s.respond(500)).toBe(false)
    await s.clock.advance(31_999)
    s.transaction.repeated()
    await s.clock.advance(1)
    expect(s.times('SIP/2.0 200')).toEqual([0, 31.999])
    expect(s.ended()).toBe(true)
  })
  test('non-INVITE over TCP is over at once', async () => {
    const s = server('BYE', 'tcp')
    s.respond(200)
    await s.clock.advance(0)
    expect(s.ended()).toBe(true)
  })
})
