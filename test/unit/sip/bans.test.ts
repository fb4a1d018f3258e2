import { describe, expect, test } from 'vitest'
import type { GuardCommand } from '../../../engine/core/ports/bans.ts'
import { BanList } from '../../../engine/sip/auth/bans.ts'
import { Nonces } from '../../../engine/sip/auth/nonce.ts'
import { CallLimits } from '../../../engine/sip/call/call-limits.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const bad = '203.0.113.9'

function lab(never: readonly string[] = []) {
  const clock = new VirtualClock()
  const told: GuardCommand[] = []
  const lines: string[] = []
  const write = (message: string) => void lines.push(message)
  const log = { debug: write, info: write, warn: write, error: write, child: () => log }
  const bans = new BanList({ clock, log, never, tell: (command) => told.push(command) })
  const guess = (address: string, times: number): void => {
    for (let i = 0; i < times; i++) bans.wrongDigest(address)
  }
  return { clock, told, lines, bans, guess }
}

describe('BanList', () => {
  test('an address that guesses is banned for ten minutes, and then twice as long', async () => {
    const { bans, guess, clock, told, lines } = lab()
    for (const minutes of [10, 20, 40]) {
      guess(bad, 20)
      bans.lockedOut(bad)
      expect(bans.isBanned(`::ffff:${bad}`)).toBe(true)
      expect(told.at(-1)).toEqual({
        is: 'ban',
        address: bad,
        untilMs: clock.nowMs() + minutes * 60_000,
      })
      await clock.advance(minutes * 60_000 - 1)
      expect(bans.list()).toMatchObject([{ address: bad, reason: 'digests' }])
      await clock.advance(1)
      expect(bans.list()).toEqual([])
    }
    expect(lines).toEqual(['address banned', 'address banned', 'address banned'])
    expect(bans.total).toBe(3)
  })

  test('wrong digests that anybody may have sent in its name ban nobody', () => {
    const { bans, guess } = lab()
    guess(bad, 19)
    bans.lockedOut(bad)
    expect(bans.list()).toEqual([])
  })

  test('a wrong password now and then bans nobody, however long it goes on', async () => {
    const { bans, guess, clock } = lab()
    for (let i = 0; i < 100; i++) {
      guess(bad, 2)
      bans.lockedOut(bad)
      await clock.advance(30_000)
    }
    expect(bans.list()).toEqual([])
  })

  test('an office in which somebody registered is not banned for one of its phones', () => {
    const { bans, guess } = lab()
    bans.proved(bad)
    guess(bad, 200)
    bans.lockedOut(bad)
    expect(bans.list()).toEqual([])
  })

  test.each(['scanner', 'malformed'] as const)(
    'an office with a phone is not banned for one connection of a neighbour: %s',
    async (why) => {
      const { bans, clock } = lab()
      bans.proved(bad)
      bans.offend(bad, why)
      expect(bans.list()).toEqual([])
      await clock.advance(2 * 3_600_000)
      bans.offend(bad, why)
      expect(bans.list()).toMatchObject([{ reason: why }])
    },
  )

  test('trunks and what the operator named are never banned', async () => {
    const { bans, told } = lab(['192.0.2.0/24', '2001:db8::1'])
    bans.offend('198.51.100.1', 'malformed')
    bans.watchTrunks(async () => ['198.51.100.1', '203.0.113.0/28', '::ffff:192.88.99.0/124'])
    await Promise.resolve()
    await Promise.resolve()
    expect(told.slice(-2)).toEqual([
      { is: 'lift', address: '198.51.100.1' },
      { is: 'exempt', addresses: ['198.51.100.1', '203.0.113.0/28', '::ffff:192.88.99.0/124'] },
    ])
    for (const address of [
      ...['192.0.2.77', '[2001:db8::1]', '198.51.100.1', bad, '192.88.99.15'],
    ]) {
      bans.offend(address, 'scanner')
      expect(bans.isBanned(address)).toBe(false)
    }
    bans.close()
  })

  test('a ban can be lifted, which forgives', () => {
    const { bans, told, clock } = lab()
    bans.offend(bad, 'scanner')
    bans.offend(bad, 'scanner')
    expect(bans.total).toBe(1)
    expect(bans.lift(bad)).toBe(true)
    expect(told.at(-1)).toEqual({ is: 'lift', address: bad })
    expect(bans.lift(bad)).toBe(false)
    bans.offend(bad, 'malformed')
    expect(bans.list()).toMatchObject([{ count: 1, untilMs: clock.nowMs() + 600_000 }])
  })

  test('trust is told once in a while, not with every request', async () => {
    const { bans, told, clock } = lab()
    for (let i = 0; i < 120; i++) {
      bans.proved(bad)
      await clock.advance(60_000)
    }
    expect(told).toHaveLength(2)
    // a phone may register once an hour
    await clock.advance(3_500_000)
    bans.offend(bad, 'scanner')
    expect(bans.list()).toEqual([])
  })

  test('keeps no more than it can hold', () => {
    const { bans } = lab()
    for (let i = 0; i < 12_000; i++) bans.offend(`10.1.${i >> 8}.${i & 255}`, 'malformed')
    expect(bans.list().length).toBeLessThanOrEqual(10_000)
  })
})

describe('a nonce', () => {
  const nonces = () => new Nonces(new VirtualClock(), () => 'r', new Uint8Array(32))

  test('proves that whoever brings it back received it at that address', () => {
    const made = nonces()
    const nonce = made.issue(bad)
    expect(made.isFor(nonce, bad)).toBe(true)
    expect(made.isFor(nonce, '203.0.113.10')).toBe(false)
    expect(made.isFor('1.x.y', bad)).toBe(false)
  })

  test('serves from another address too: phones move', () => {
    const made = nonces()
    const nonce = made.issue(bad)
    expect(made.use(nonce, 1)).toBe('good')
    expect(made.use(nonce, 1)).toBe('stale')
    expect(made.isFor(nonce, bad)).toBe(true)
  })
})

describe('CallLimits', () => {
  test('calls at once', () => {
    const limits = new CallLimits(new VirtualClock(), { maxCalls: 3 })
    expect([0, 2, 3, 4].map((calls) => limits.take(calls))).toEqual([true, true, false, false])
  })

  test('new calls within a second; those that were refused do not count', async () => {
    const clock = new VirtualClock()
    const limits = new CallLimits(clock, { maxCallsPerSecond: 5 })
    const taken = (): number =>
      Array.from({ length: 20 }, () => limits.take(0)).filter(Boolean).length
    expect(taken()).toBe(5)
    await clock.advance(500)
    expect(taken()).toBe(0)
    await clock.advance(500)
    expect(taken()).toBe(5)
  })
})
