import { expect, test } from 'vitest'
import { Lanes } from '../../../engine/web/lanes.ts'

/** Starts as many as are let; returns how many that were. */
function fill(lanes: Lanes, host: string): number {
  let count = 0
  for (; lanes.mayStart(host) && count < 100; count++) lanes.started(host)
  return count
}

function failed(lanes: Lanes, host: string): void {
  lanes.started(host)
  lanes.ended(host, 'failing')
}

test('four at once to one receiver, and then it is full', () => {
  const lanes = new Lanes()
  expect(fill(lanes, 'a')).toBe(4)
  expect(lanes.full()).toEqual(['a'])
  lanes.ended('a', 'well')
  expect(lanes.full()).toEqual([])
  expect(fill(lanes, 'a')).toBe(1)
})

test('one at once to a failing receiver, four again after it answered', () => {
  const lanes = new Lanes()
  failed(lanes, 'a')
  expect(fill(lanes, 'a')).toBe(1)
  lanes.ended('a', 'well')
  expect(fill(lanes, 'a')).toBe(4)
})

test('failing receivers together get half of all', () => {
  const lanes = new Lanes()
  const hosts = Array.from({ length: 20 }, (_, index) => `dead${index}`)
  for (const host of hosts) failed(lanes, host)
  const started = hosts.map((host) => fill(lanes, host))
  expect(started.filter((count) => count === 1)).toHaveLength(16)
  expect(started.slice(16)).toEqual([0, 0, 0, 0])
  expect(lanes.full()).toHaveLength(20)
  expect(fill(lanes, 'good')).toBe(4)
  lanes.ended('dead0', 'failing')
  expect(fill(lanes, 'dead19')).toBe(1)
})

test('slow receivers keep their four, and get half of all together with the failing ones', () => {
  const lanes = new Lanes()
  const hosts = Array.from({ length: 4 }, (_, index) => `slow${index}`)
  for (const host of hosts) {
    lanes.started(host)
    lanes.ended(host, 'slow')
  }
  failed(lanes, 'dead')
  expect(fill(lanes, 'dead')).toBe(1)
  expect(hosts.map((host) => fill(lanes, host))).toEqual([4, 4, 4, 3])
  expect(fill(lanes, 'good')).toBe(4)
  lanes.ended('slow0', 'well')
  expect(fill(lanes, 'slow3')).toBe(1)
})

test('of failing receivers a thousand are remembered, the oldest is forgotten', () => {
  const lanes = new Lanes()
  for (let index = 0; index <= 1_000; index++) failed(lanes, `dead${index}`)
  expect(fill(lanes, 'dead0')).toBe(4)
  expect(fill(lanes, 'dead1')).toBe(1)
})
