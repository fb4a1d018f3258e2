/** What is remembered about strangers is bounded, and forgetting lets nobody in. */
import { describe, expect, it } from 'vitest'
import { Lockout } from '../../../engine/sip/auth/lockout.ts'
import { Nonces } from '../../../engine/sip/auth/nonce.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('Lockout', () => {
  it('remembers 10,000 sources at most', () => {
    const lockout = new Lockout(new VirtualClock())
    for (let i = 0; i < 10_500; i++) lockout.failed(`source-${i}`, 'alice', '')
    expect(lockout.size).toBe(10_000)
  })

  it('tells once that it locked', () => {
    const lockout = new Lockout(new VirtualClock())
    const told = Array.from({ length: 25 }, () => lockout.failed('a', 'alice', ''))
    expect(told.filter(Boolean)).toHaveLength(1)
    expect(told.findIndex(Boolean)).toBe(19)
  })
})

describe('Nonces', () => {
  const nonces = (clock: VirtualClock): Nonces => {
    let count = 0
    return new Nonces(clock, () => `r${count++}`, new Uint8Array(32))
  }

  it('never takes a used nonce again, even when it had to forget it', async () => {
    const clock = new VirtualClock()
    const all = nonces(clock)
    const first = all.issue()
    expect(all.use(first, 1)).toBe('good')
    await clock.advance(1000)
    for (let i = 0; i < 20_000; i++) expect(all.use(all.issue(), 1)).toBe('good')
    expect(all.use(first, 1)).toBe('stale')
  })

  it.each([
    ['', 'nothing'],
    ['a.b.c', 'a forgery'],
    [`${'x'.repeat(500)}.y`, 'a long one'],
  ])('takes %j for stale', (nonce) => {
    expect(nonces(new VirtualClock()).use(nonce, 1)).toBe('stale')
  })

  it('does not take a nonce with a later time than was signed', () => {
    const all = nonces(new VirtualClock())
    const [time, ...rest] = all.issue().split('.')
    const later = (Number.parseInt(time!, 36) + 1).toString(36)
    expect(all.use([later, ...rest].join('.'), 1)).toBe('stale')
  })
})
