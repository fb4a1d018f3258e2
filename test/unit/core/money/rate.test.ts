import { describe, expect, test } from 'vitest'
import { freshMoney, settledMoney } from '../../../../engine/core/money/call-money.ts'
import { amountText, decimalText, microOf } from '../../../../engine/core/money/decimal.ts'
import {
  chargeEntry,
  holdEntry,
  lowestAbove,
  newlyBelow,
  requireBalanced,
} from '../../../../engine/core/money/ledger.ts'
import {
  type AppliedRate,
  billedSeconds,
  costMicro,
  holdFor,
  longestFit,
} from '../../../../engine/core/money/rate.ts'
import { shippedRate, shippedRates } from '../../../../engine/core/rates.ts'

const rate = (
  minimumSeconds: number,
  incrementSeconds: number,
  changes: Partial<AppliedRate> = {},
): AppliedRate => ({
  ...{ deck: 'd', version: 1, number: '+61400000000', prefix: '+61', direction: 'outbound' },
  ...{ microPerMinute: 60_000, connectFeeMicro: 0, minimumSeconds, incrementSeconds },
  ...changes,
})

describe('billed seconds: minimum and step', () => {
  test.each([
    [60, 60, 0, 60],
    [60, 60, 60_000, 60],
    [60, 60, 60_001, 120],
    [30, 6, 1, 30],
    [30, 6, 30_001, 36],
    [30, 6, 36_000, 36],
    [1, 1, 1_001, 2],
    [0, 1, 0, 1],
    [0, 6, 6_001, 12],
    [30, 60, 31_000, 90],
  ])('%i/%i, %i ms -> %i s', (minimum, step, answeredMs, seconds) => {
    expect(billedSeconds(rate(minimum, step), answeredMs)).toBe(seconds)
  })
})

test.each([
  [rate(60, 60), null, 0],
  [rate(60, 60), 1, 60_000],
  [rate(1, 1), 1_500, 2_000],
  // Parts of a micro-unit go up.
  [rate(1, 1, { microPerMinute: 100 }), 1_000, 2],
  [rate(60, 60, { connectFeeMicro: 5 }), 61_000, 120_005],
  [rate(60, 60, { microPerMinute: 1_000_000_000 }), 24 * 3_600_000, 1_440_000_000_000],
])('%j, %j ms cost %i', (of, answeredMs, micro) => {
  expect(costMicro(of, answeredMs)).toBe(micro)
})

test('what is on hold for so many minutes covers the cost of every moment of them', () => {
  for (const of of [rate(60, 60), rate(30, 6), rate(1, 1), rate(90, 45, { connectFeeMicro: 7 })]) {
    for (const minutes of [1, 2, 3, 10]) {
      const { micro, coveredMs } = holdFor(of, minutes)
      expect(coveredMs).toBeGreaterThanOrEqual(minutes * 60_000)
      expect(costMicro(of, coveredMs)).toBe(micro)
      expect(costMicro(of, coveredMs + 1)).toBeGreaterThan(micro)
    }
  }
})

test('the longest prefix counts, and inbound is not outbound', () => {
  const prefixOf = (number: string) => longestFit(shippedRates, 'outbound', number)?.prefix
  expect(prefixOf('+61412345678')).toBe('+614')
  expect(prefixOf('+61298765432')).toBe('+61')
  expect(prefixOf('+15005550101')).toBe('+1500555')
  expect(prefixOf('+4989')).toBe('+')
  expect(prefixOf('1001')).toBeUndefined()
  expect(shippedRate('inbound', '+61412345678')).toBeUndefined()
})

describe('amounts as text', () => {
  test.each([
    ['0.10', 100_000, '0.10'],
    ['12', 12_000_000, '12.00'],
    ['0.000001', 1, '0.000001'],
    ['-3.5', -3_500_000, '-3.50'],
    ['-0', 0, '0.00'],
    ['999999999.999999', 999_999_999_999_999, '999999999.999999'],
  ])('%s', (text, micro, written) => {
    expect(microOf(text)).toBe(micro)
    expect(amountText(micro)).toBe(written)
  })
  test.each(['', '.5', '1.', '+1', '1e3', '0x1', '1,5', '1.1234567', '1234567890'])(
    '%j is none',
    (text) => {
      expect(microOf(text)).toBeUndefined()
    },
  )
  test('without places', () => {
    expect([decimalText(80_000), decimalText(0)]).toEqual(['0.08', '0'])
  })
})

describe('entries', () => {
  const id = 'c' as never
  test.each([
    holdEntry(id, 5),
    holdEntry(id, -5),
    chargeEntry(id, { heldMicro: 100, costMicro: 30 }),
    chargeEntry(id, { heldMicro: 0, costMicro: 30 }),
    chargeEntry(id, { heldMicro: 100, costMicro: 0 }),
  ])('%j sums to zero', (draft) => {
    expect(() => requireBalanced(draft)).not.toThrow()
  })
  test('one that does not is a bug', () => {
    const draft = { kind: 'hold', lines: [{ book: 'held', micro: 1 }] } as const
    expect(() => requireBalanced(draft)).toThrow('does not sum to zero')
  })
  test.each([
    [300, null, undefined],
    [150, null, 200],
    [150, 200, undefined],
    [50, 200, 100],
    [50, null, 100],
    [50, 100, undefined],
    [100, null, 200],
  ])('a balance of %i, told of %j: now %j', (balance, told, below) => {
    expect(newlyBelow([200, 100], balance, told)).toBe(below)
  })
  test('no threshold is above', () => {
    expect(lowestAbove([100, 200], 200)).toBeUndefined()
  })
})

test('a call that used up what was on hold costs just that', () => {
  const money = freshMoney('prepaid', 'AUD', rate(60, 60))
  expect(settledMoney(money, 60_050, true)).toMatchObject({ costMicro: 60_000, billedSeconds: 60 })
  expect(settledMoney(money, 60_050)).toMatchObject({ costMicro: 120_000, billedSeconds: 120 })
  expect(settledMoney(money, null)).toMatchObject({ costMicro: 0, billedSeconds: 0, heldMicro: 0 })
})
