import { signal } from '@preact/signals'
import { expect, test } from 'vitest'
import type { RecentCall } from '../../../softphone/app/api/shapes.ts'
import { createMissed } from '../../../softphone/app/store/missed.ts'

const call = (minute: number, outcome: RecentCall['outcome'] = 'missed'): RecentCall => ({
  id: `${minute}`,
  direction: 'incoming',
  party: '1002',
  partyName: undefined,
  outcome,
  isUp: false,
  startedAt: new Date(2026, 10, 21, 12, minute),
  answeredAt: undefined,
  durationS: null,
  sipCallId: null,
})

function kept(): Pick<Storage, 'getItem' | 'setItem'> {
  const all = new Map<string, string>()
  return { getItem: (key) => all.get(key) ?? null, setItem: (key, text) => void all.set(key, text) }
}

const looker = (storage = kept()) => {
  const calls = signal<readonly RecentCall[]>([])
  const username = signal<string | undefined>('1001')
  const isLooking = signal(false)
  return {
    calls,
    username,
    isLooking,
    missed: createMissed({ calls, username, isLooking }, storage),
  }
}

test('calls that were missed count until the user looks', () => {
  const { calls, isLooking, missed } = looker()
  calls.value = [call(3), call(2, 'answered'), call(1)]
  expect(missed.value).toBe(2)
  isLooking.value = true
  expect(missed.value).toBe(0)
  isLooking.value = false
  calls.value = [call(4), ...calls.value]
  expect(missed.value).toBe(1)
})

test('a call that is missed while the user looks does not count', () => {
  const { calls, isLooking, missed } = looker()
  isLooking.value = true
  calls.value = [call(1)]
  isLooking.value = false
  expect(missed.value).toBe(0)
})

test('what was seen is kept, for each user', () => {
  const storage = kept()
  const before = looker(storage)
  before.calls.value = [call(1)]
  before.isLooking.value = true
  const { calls, username, missed } = looker(storage)
  calls.value = [call(1)]
  expect(missed.value).toBe(0)
  username.value = '1002'
  expect(missed.value).toBe(1)
  username.value = undefined
  expect(missed.value).toBe(0)
})

test('what was kept and can not be read is as if nobody ever looked', () => {
  for (const text of ['', '[', 'null', '{"1001":"soon"}']) {
    const { calls, missed } = looker({ getItem: () => text, setItem: () => undefined })
    calls.value = [call(1)]
    expect(missed.value).toBe(1)
  }
})
