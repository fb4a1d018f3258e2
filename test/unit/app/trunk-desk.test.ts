import { beforeEach, describe, expect, test } from 'vitest'
import { firstCoolDownMs, longestCoolDownMs, TrunkDesk } from '../../../engine/app/trunk-desk.ts'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { unlimited } from '../../../engine/core/trunk-choice.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const a: TrunkRecord = {
  id: 'a' as TrunkId,
  name: 'a',
  host: '192.0.2.1',
  port: 5060,
  transport: 'udp',
  username: null,
  password: null,
  defaultCallerId: null,
  prefixes: [],
  priority: 1,
  ...unlimited,
  enabled: true,
}
const b: TrunkRecord = { ...a, id: 'b' as TrunkId, name: 'b', priority: 2 }
const call = (name: string) => name as CallId

let clock: VirtualClock
let desk: TrunkDesk
beforeEach(() => {
  clock = new VirtualClock()
  desk = new TrunkDesk(clock, () => 0)
})
const order = () =>
  desk
    .inOrder([a, b])
    .map(({ name }) => name)
    .join('')

describe('cool-down', () => {
  test('a trunk that failed is tried last for a while', async () => {
    expect(order()).toBe('ab')
    desk.failed(a.id)
    expect(order()).toBe('ba')
    await clock.advance(firstCoolDownMs - 1)
    expect(order()).toBe('ba')
    await clock.advance(1)
    expect(order()).toBe('ab')
  })

  test('twice as long each time, up to a limit', async () => {
    const lengths: number[] = []
    for (let i = 0; i < 8; i++) {
      desk.failed(a.id)
      lengths.push(desk.coolingMs(a.id))
      await clock.advance(desk.coolingMs(a.id))
    }
    expect(lengths.slice(0, 3)).toEqual([30_000, 60_000, 120_000])
    expect(lengths.slice(-2)).toEqual([longestCoolDownMs, longestCoolDownMs])
  })

  test('failures at the same time are one', () => {
    for (let i = 0; i < 50; i++) desk.failed(a.id)
    expect(desk.coolingMs(a.id)).toBe(firstCoolDownMs)
  })

  test('a call that works ends it, and the doubling', async () => {
    desk.failed(a.id)
    await clock.advance(firstCoolDownMs)
    desk.failed(a.id)
    desk.succeeded(a.id)
    expect(order()).toBe('ab')
    desk.failed(a.id)
    expect(desk.coolingMs(a.id)).toBe(firstCoolDownMs)
  })
})

describe('limits', () => {
  const two = { ...a, maxCalls: 2 }
  test('calls at once, whoever began them', () => {
    desk.send(call('1'), two)
    expect(desk.limitReached(two)).toBeUndefined()
    desk.hold(call('2'), two.id)
    expect(desk.limitReached(two)).toBe('calls')
    desk.leave(call('1'))
    desk.leave(call('1'))
    expect(desk.callsOn(two.id)).toBe(1)
    expect(desk.limitReached(two)).toBeUndefined()
  })

  test('a call that goes on to the next trunk leaves the first', () => {
    desk.send(call('1'), two)
    desk.send(call('1'), b)
    expect([desk.callsOn(a.id), desk.callsOn(b.id)]).toEqual([0, 1])
  })

  test('calls within any second', async () => {
    const slow = { ...a, maxCallsPerSecond: 2 }
    desk.send(call('1'), slow)
    await clock.advance(600)
    desk.send(call('2'), slow)
    desk.leave(call('2'))
    expect(desk.limitReached(slow)).toBe('rate')
    await clock.advance(399)
    expect(desk.limitReached(slow)).toBe('rate')
    await clock.advance(1)
    expect(desk.limitReached(slow)).toBeUndefined()
    desk.send(call('3'), slow)
    expect(desk.limitReached(slow)).toBe('rate')
  })
})
