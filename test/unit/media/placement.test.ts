import { describe, expect, test } from 'vitest'
import { leastLoaded } from '../../../engine/media/threads/placement.ts'
import { mostThreads, shareOfPorts } from '../../../engine/media/threads/port-shares.ts'

describe('ports of several threads', () => {
  test.each([
    [10_000, 19_999, 4],
    [10_001, 10_100, 3],
    [20_000, 20_007, 4],
    [20_000, 20_010, 2],
  ])(
    '%i to %i for %i: whole pairs, even sizes, none twice, none left over',
    (first, last, threads) => {
      const shares = Array.from({ length: threads }, (_, index) =>
        shareOfPorts({ first, last }, index, threads),
      )
      const evens = shares.map((share) => {
        expect([share.first % 2, share.last % 2]).toEqual([0, 1])
        return (share.last - share.first + 1) / 2
      })
      expect(Math.max(...evens) - Math.min(...evens)).toBeLessThanOrEqual(1)
      for (const [at, share] of shares.slice(1).entries()) {
        expect(share.first).toBe(shares[at]!.last + 1)
      }
      expect(shares[0]!.first - first).toBeLessThanOrEqual(1)
      expect(last - shares.at(-1)!.last).toBeLessThanOrEqual(1)
      expect(mostThreads({ first, last })).toBeGreaterThanOrEqual(threads)
    },
  )

  test('there are no more threads than pairs', () => {
    expect(mostThreads({ first: 10_001, last: 10_006 })).toBe(2)
  })
})

describe('the thread with the least to do', () => {
  const load = (weight: number, busyShare = 0) => ({ weight, busyShare })
  test.each([
    ['the first of equals', [load(0), load(0)], 0],
    ['that of the lighter legs', [load(7), load(3), load(5)], 1],
    ['not one whose ticks are long, whatever it is said to carry', [load(1, 0.6), load(40)], 1],
    ['one that the machine has only disturbed', [load(1, 0.1), load(4)], 0],
  ])('%s', (_name, loads, chosen) => {
    expect(leastLoaded(loads)).toBe(loads[chosen])
  })

  test('none', () => {
    expect(leastLoaded([])).toBeUndefined()
  })
})
