import { describe, expect, test } from 'vitest'
import type { TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import {
  anotherTrunkMayHelp,
  byChance,
  byWeight,
  fittingTrunks,
  orderTrunks,
  unlimited,
} from '../../../engine/core/trunk-choice.ts'

const trunk = (name: string, over: Partial<TrunkRecord> = {}): TrunkRecord => ({
  id: name as TrunkId,
  name,
  host: '192.0.2.1',
  port: 5060,
  transport: 'udp',
  username: null,
  password: null,
  defaultCallerId: null,
  prefixes: [],
  priority: 10,
  ...unlimited,
  enabled: true,
  ...over,
})
const names = (trunks: readonly TrunkRecord[]) => trunks.map(({ name }) => name).join(' ')

describe('trunks that take a number', () => {
  const all = trunk('all')
  const au = trunk('au', { prefixes: ['+61', '+64'] })
  const alsoAu = trunk('also', { prefixes: ['+6', '+61'] })
  const mobile = trunk('mobile', { prefixes: ['+614'] })
  const off = trunk('off', { prefixes: ['+6141'], enabled: false })
  test.each([
    ['+4930123456', 'all'],
    ['+61255550100', 'au also'],
    ['+61412345678', 'mobile'],
    ['+64212345678', 'au'],
  ])('%s: %s', (number, expected) => {
    expect(names(fittingTrunks([all, au, alsoAu, mobile, off], number))).toBe(expected)
  })
  test('none', () => {
    expect(fittingTrunks([au, off, trunk('x', { enabled: false })], '+4930123456')).toEqual([])
    expect(fittingTrunks([], '+4930123456')).toEqual([])
  })
})

describe('their order', () => {
  const none = () => false
  test.each<[string, TrunkRecord[], string[], number[], string]>([
    ['priority', [trunk('b', { priority: 2 }), trunk('a', { priority: 1 })], [], [0, 0], 'a b'],
    [
      'priority before weight',
      [trunk('b', { priority: 2, weight: 100 }), trunk('a', { weight: 1, priority: 1 })],
      [],
      [0.99, 0.99],
      'a b',
    ],
    [
      'one that failed lately after all others',
      [trunk('a', { priority: 1 }), trunk('b', { priority: 2 }), trunk('c', { priority: 3 })],
      ['a'],
      [0, 0, 0],
      'b c a',
    ],
    [
      'all failed lately: as ever',
      [trunk('b', { priority: 2 }), trunk('a', { priority: 1 })],
      ['a', 'b'],
      [0, 0],
      'a b',
    ],
    [
      'a weight of 1 in 4, just',
      [trunk('a', { weight: 1 }), trunk('b', { weight: 3 })],
      [],
      [0.249, 0],
      'a b',
    ],
    [
      'a weight of 1 in 4, just not',
      [trunk('a', { weight: 1 }), trunk('b', { weight: 3 })],
      [],
      [0.25, 0],
      'b a',
    ],
    [
      'the second by weight too',
      [trunk('a', { weight: 1 }), trunk('b', { weight: 1 }), trunk('c', { weight: 1 })],
      [],
      [0.5, 0.99, 0],
      'b c a',
    ],
  ])('%s', (_what, trunks, cooling, chances, expected) => {
    const random = () => chances.shift() ?? Number.NaN
    const isCooling = ({ name }: TrunkRecord) => cooling.includes(name)
    expect(names(orderTrunks(trunks, isCooling, byChance(random)))).toBe(expected)
  })

  test('calls are shared by weight', () => {
    const trunks = [trunk('a', { weight: 10 }), trunk('b', { weight: 30 })]
    let drawn = 0
    const random = () => (drawn++ % 100) / 100
    const firsts = Array.from({ length: 100 }, () => {
      const [first] = orderTrunks(trunks, none, (weights) => byChance(random)(weights))
      drawn-- // the second place is drawn too
      return first?.name
    })
    expect(firsts.filter((name) => name === 'a')).toHaveLength(25)
  })

  test('the likeliest order', () => {
    const trunks = [trunk('a', { weight: 1 }), trunk('b', { weight: 3 }), trunk('c', { weight: 3 })]
    expect(names(orderTrunks(trunks, none, byWeight))).toBe('b c a')
  })
})

test.each([
  [500, false, true],
  [502, false, true],
  [503, false, true],
  [504, false, true],
  [408, true, true],
  [408, false, false],
  [486, false, false],
  [600, false, false],
  [603, false, false],
  [604, false, false],
  [606, false, false],
  [484, false, false],
  [404, false, false],
  [403, false, false],
  [480, false, false],
  [401, false, false],
  [501, false, false],
  [488, true, false],
])('%i, silent: %s, another trunk may help: %s', (status, silent, expected) => {
  expect(anotherTrunkMayHelp(status, silent)).toBe(expected)
})
