/** What the SIP server looks at before it reads: who sends too much, who is banned, who is no phone. */
import { describe, expect, test } from 'vitest'
import { newCounters } from '../../../engine/sip-server/counters.ts'
import {
  Guard,
  type GuardOptions,
  shares,
  stress,
} from '../../../engine/sip-server/transport/guard.ts'
import type { Peer } from '../../../engine/sip-server/transport/peer.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const text = 'OPTIONS sip:x SIP/2.0\r\nUser-Agent: phone\r\n\r\n'
const scan = 'OPTIONS sip:x SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n'

const udp = (address: string): Peer => ({ protocol: 'udp', address, port: 5060 })

function lab(options: Partial<GuardOptions> = {}) {
  const clock = new VirtualClock()
  const counters = newCounters()
  const events: Readonly<Record<string, unknown>>[] = []
  const context = { clock, counters, log: (event: { event: string }) => events.push(event) }
  const guard = new Guard(context, { never: [], ...options })
  const closed: string[] = []
  const tcp = (address: string): Peer => {
    const stream = { open: true, write: () => undefined, destroy: () => closed.push(address) }
    return { protocol: 'tcp', address, port: 40_000, stream }
  }
  /** How many of so many messages are let through. */
  const flood = (address: string, count: number): number => {
    let passed = 0
    for (let i = 0; i < count; i++) if (guard.admits(udp(address))) passed++
    return passed
  }
  const offenders = () => events.filter(({ event }) => event === 'sip.offender')
  return { guard, clock, counters, events, closed, tcp, flood, offenders }
}

describe('shares', () => {
  test('one source gets its burst, then its rate, and another is none the worse', async () => {
    const { flood, clock, counters } = lab()
    expect(flood('192.0.2.1', 900)).toBe(shares.stranger.burst)
    expect(counters.dropped.rateLimited).toBe(900 - shares.stranger.burst)
    expect(flood('192.0.2.2', 10)).toBe(10)
    await clock.advance(1000)
    expect(flood('192.0.2.1', 900)).toBe(shares.stranger.perSecond)
  })

  test('many strangers at once get little each, and whoever proved himself what he needs', async () => {
    const { guard, flood, clock } = lab()
    guard.tell({ is: 'trust', address: '192.0.2.9', untilMs: clock.nowMs() + 3_600_000 })
    for (let i = 0; i < 250; i++) flood(`198.51.100.${i}`, 20)
    await clock.advance(1000)
    const passed = Array.from({ length: 250 }, (_, i) => flood(`198.51.100.${i}`, 20))
    const total = passed.reduce((sum, each) => sum + each, 0)
    expect(total).toBeLessThanOrEqual(shares.allStrangers.burst)
    expect(flood('192.0.2.9', 500)).toBe(500)
  })

  test('a stranger who comes new in the middle of it gets through one call', async () => {
    const { flood, clock } = lab()
    for (let second = 0; second < 5; second++) {
      for (let i = 0; i < 250; i++) flood(`198.51.100.${i}`, 20)
      await clock.advance(1000)
    }
    expect(flood('203.0.113.5', 6)).toBe(6)
  })

  test('addresses that come once each, as only lies do, are limited all together', () => {
    const { flood, guard } = lab()
    let passed = 0
    for (let i = 0; i < 40_000; i++)
      passed += flood(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1)
    expect(passed).toBeLessThanOrEqual(stress.perSecond + shares.allStrangers.burst)
    expect(guard.sources).toBeLessThanOrEqual(20_000)
  })

  test('trunks and what is never banned have no share', async () => {
    const { guard, flood } = lab({ never: ['192.0.2.0/28', '::1'] })
    guard.tell({ is: 'exempt', addresses: ['198.51.100.7', '203.0.113.0/24'] })
    for (const address of ['192.0.2.3', '::1', '198.51.100.7', '203.0.113.200']) {
      expect(flood(address, 5000)).toBe(5000)
    }
    expect(flood('192.0.2.99', 5000)).toBeLessThan(5000)
    guard.tell({ is: 'exempt', addresses: [] })
    expect(flood('198.51.100.7', 5000)).toBeLessThan(5000)
  })
})

describe('bans', () => {
  test('nothing passes until it is over or lifted; a connection is closed', async () => {
    const { guard, clock, counters, closed, tcp, flood } = lab()
    guard.tell({ is: 'ban', address: '192.0.2.1', untilMs: clock.nowMs() + 60_000 })
    expect(flood('192.0.2.1', 3)).toBe(0)
    expect(guard.admits(tcp('::ffff:192.0.2.1'))).toBe(false)
    expect(closed).toEqual(['::ffff:192.0.2.1'])
    expect(counters.dropped.banned).toBe(4)
    await clock.advance(60_001)
    expect(flood('192.0.2.1', 3)).toBe(3)
    guard.tell({ is: 'ban', address: '192.0.2.1', untilMs: clock.nowMs() + 60_000 })
    guard.tell({ is: 'lift', address: '192.0.2.1' })
    expect(flood('192.0.2.1', 3)).toBe(3)
  })

  test('are bounded: those that are over go first', async () => {
    const { guard, clock, flood } = lab()
    const at = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
    for (let i = 0; i < 25_000; i++) {
      guard.tell({ is: 'ban', address: at(i), untilMs: clock.nowMs() + (i < 10_000 ? 1000 : 9000) })
      if (i === 15_000) await clock.advance(2000)
    }
    expect(guard.bans).toBe(15_000)
    expect([flood(at(0), 1), flood(at(10_000), 1), flood(at(24_999), 1)]).toEqual([1, 0, 0])
  })

  test('what is malformed on connections is reported once, from UDP never: the address may be a lie', () => {
    const { guard, tcp, offenders, closed } = lab()
    for (let i = 0; i < 100; i++) {
      guard.malformed(tcp('192.0.2.1'))
      guard.malformed(udp('192.0.2.2'))
    }
    // the connections are closed, whether the address is banned for it or not
    expect(closed).toHaveLength(71)
    expect(offenders()).toEqual([{ event: 'sip.offender', address: '192.0.2.1', why: 'malformed' }])
  })

  test('a few malformed messages now and then are no offence', async () => {
    const { guard, tcp, clock, offenders } = lab()
    for (let i = 0; i < 200; i++) {
      guard.malformed(tcp('192.0.2.1'))
      await clock.advance(5000)
    }
    expect(offenders()).toEqual([])
  })

  test('programs that scan get no answer; on a connection they are reported', () => {
    const { guard, tcp, counters, offenders, closed } = lab()
    expect(guard.isScanner(scan, udp('192.0.2.1'))).toBe(true)
    expect(offenders()).toEqual([])
    expect(guard.isScanner(scan, tcp('192.0.2.2'))).toBe(true)
    expect(offenders()).toMatchObject([{ address: '192.0.2.2', why: 'scanner' }])
    expect(closed).toEqual(['192.0.2.2'])
    expect(counters.dropped.scanner).toBe(2)
    const other = text.replace('phone', 'not a friendly-scanner')
    expect(guard.isScanner(other, udp('192.0.2.3'))).toBe(false)
  })
})
