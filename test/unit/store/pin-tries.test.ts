import { afterEach, beforeEach, expect, test } from 'vitest'
import { conferencePins, PinGuard, voicemailPins } from '../../../engine/app/pin-guard.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import { newPlace } from '../../support/databases.ts'

const minuteMs = 60_000
let nowMs: number
const clock = { nowMs: () => nowMs }

let place: string
let store: Store
beforeEach(async () => {
  nowMs = 1_000_000_000_000
  place = await newPlace()
  store = await openStore({ path: place, clock })
})
afterEach(() => store.close())

const guardOf = (rule = voicemailPins) => new PinGuard({ store, clock }, rule)

async function lock(guard: PinGuard, who = 'box'): Promise<number> {
  for (let tries = 1; tries < 9; tries++) expect(await guard.wrong(who)).toBe('counted')
  expect(await guard.wrong(who)).toBe('locks')
  return (await guard.lockedForMs(who)) / minuteMs
}

test('each lock is twice as long as the one before, up to a day; the right PIN ends that', async () => {
  const guard = guardOf()
  const locks: number[] = []
  for (let count = 0; count < 9; count++) {
    const forMinutes = await lock(guard)
    locks.push(forMinutes)
    nowMs += forMinutes * minuteMs - 1
    expect([await guard.isLocked('box'), await guard.isLocked('other')]).toEqual([true, false])
    expect(await guard.wrong('box')).toBe('locked')
    nowMs += 1
    expect(await guard.isLocked('box')).toBe(false)
  }
  expect(locks).toEqual([15, 30, 60, 120, 240, 480, 960, 1440, 1440])
  await guard.right('box')
  expect(await lock(guard)).toBe(15)
})

test('a restart gives nobody new tries, and ends no lock', async () => {
  for (let tries = 0; tries < 8; tries++) await guardOf().wrong('box')
  await store.close()
  store = await openStore({ path: place, clock })
  expect(await guardOf().wrong('box')).toBe('locks')
  await store.close()
  store = await openStore({ path: place, clock })
  expect(await guardOf().isLocked('box')).toBe(true)
})

test('of many at once nine are counted and one of them locks', async () => {
  const guard = guardOf()
  const counts = await Promise.all(Array.from({ length: 30 }, () => guard.wrong('box')))
  const many = (wanted: string) => counts.filter((one) => one === wanted).length
  expect(['counted', 'locks', 'locked'].map(many)).toEqual([8, 1, 21])
})

test('another door has tries of its own; at that of a conference each lock is ten minutes', async () => {
  const guard = guardOf(conferencePins)
  expect(await lock(guard)).toBe(10)
  expect(await guardOf().isLocked('box')).toBe(false)
  nowMs += 10 * minuteMs
  expect(await lock(guard)).toBe(10)
})

test('after two days nothing is remembered, and what is forgotten goes with the next wrong one', async () => {
  const guard = guardOf()
  expect(await lock(guard)).toBe(15)
  nowMs += 2 * 1440 * minuteMs
  await guard.wrong('another')
  expect(await lock(guard)).toBe(15)
})

test('of many it is told at once which are locked, and until when', async () => {
  const guard = guardOf()
  await guard.wrong('once')
  await lock(guard, 'box')
  await lock(guardOf(conferencePins), 'other')
  const many = Array.from({ length: 1_200 }, (_, n) => `nobody ${n}`)
  const locks = () => guard.lockedUntilMs([...many, 'once', 'box', 'other'])
  const untilMs = nowMs + 15 * minuteMs
  expect([...(await locks())]).toEqual([['box', untilMs]])
  expect(await guard.lockedUntilMs([])).toEqual(new Map())
  nowMs = untilMs
  expect(await locks()).toEqual(new Map())
})

test('a clock that was years ahead locks nobody out for years', async () => {
  const guard = guardOf()
  nowMs += 1_000 * 1440 * minuteMs
  await lock(guard)
  nowMs -= 1_000 * 1440 * minuteMs
  expect(await guard.isLocked('box')).toBe(false)
  expect(await lock(guard)).toBe(15)
})
