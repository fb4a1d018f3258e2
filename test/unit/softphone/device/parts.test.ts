import { afterEach, describe, expect, test, vi } from 'vitest'
import { BackOff } from '../../../../softphone/device/back-off.ts'
import { Emitter } from '../../../../softphone/device/emitter.ts'
import { DeviceError, microphoneError, sentenceFor } from '../../../../softphone/device/errors.ts'
import { keyStrokes } from '../../../../softphone/device/keys.ts'
import { Outcome, reasonText } from '../../../../softphone/device/outcome.ts'
import { TokenClock } from '../../../../softphone/device/token-clock.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('pauses double from 1 s to 30 s, and begin anew after success', () => {
  const backOff = new BackOff(() => 0)
  const pauses = Array.from({ length: 7 }, () => backOff.next())
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  backOff.reset()
  expect(backOff.next()).toBe(1000)
})

test('chance takes up to a half off a pause', () => {
  expect(new BackOff(() => 0.999).next()).toBeCloseTo(500, -1)
})

describe('keys', () => {
  test('a comma or a w is a pause after the keys before it', () => {
    expect(keyStrokes('12,3w')).toEqual([
      { keys: '12', thenMs: 2 * 170 + 500 },
      { keys: '3', thenMs: 170 + 500 },
    ])
  })
  test('a pause may come first', () => {
    expect(keyStrokes(',,5')).toEqual([
      { keys: '', thenMs: 1000 },
      { keys: '5', thenMs: 170 },
    ])
  })
  test.each(['', 'x', '12 3', '1'.repeat(257)])('%j is refused', (digits) => {
    expect(() => keyStrokes(digits)).toThrow(DeviceError)
  })
})

test('a listener that throws keeps no other from hearing', () => {
  vi.useFakeTimers({ toFake: ['queueMicrotask'] })
  const emitter = new Emitter<{ told: [number] }>()
  const heard: number[] = []
  emitter.on('told', () => {
    throw new Error('mine')
  })
  const off = emitter.on('told', (value) => heard.push(value))
  emitter.emit('told', 1)
  off()
  emitter.emit('told', 2)
  expect(heard).toEqual([1])
})

test('the first to know how a call ended says it', () => {
  const outcome = new Outcome()
  outcome.status(486)
  outcome.local()
  expect(outcome.end).toEqual({ by: 'remote', sipStatus: 486, reason: 'The line is busy.' })
})

test('the text of a Reason header is read', () => {
  expect(reasonText('SIP;cause=200;text="Call completed elsewhere"')).toBe(
    'Call completed elsewhere',
  )
  expect(reasonText('Q.850;cause=16')).toBeUndefined()
})

test('a status without words of its own still says its number', () => {
  expect(sentenceFor(606)).toContain('606')
})

test('a call that cannot be taken over, its token used or its time over, is told in words', () => {
  expect(sentenceFor(481)).toBe('There is no such call any more.')
})

test.each([
  ['NotAllowedError', 'microphone-denied'],
  ['NotFoundError', 'microphone-missing'],
  ['NotReadableError', 'microphone-busy'],
  ['TypeError', 'microphone-missing'],
])('%s of the browser is %s', (name, code) => {
  expect(microphoneError(Object.assign(new Error(), { name })).code).toBe(code)
})

describe('the clock of a token', () => {
  const clock = (refresh?: () => Promise<string>) => {
    vi.useFakeTimers({ now: 0 })
    const told: unknown[] = []
    const made = new TokenClock(60_000, refresh, {
      willExpire: (inMs) => told.push(inMs),
      renewed: (token) => told.push(token),
      failed: (error) => told.push(error.code),
    })
    return { made, told }
  }

  test('tells a minute before, and fetches the next', async () => {
    const { made, told } = clock(() => Promise.resolve('next'))
    made.set(new Date(3_600_000))
    await vi.advanceTimersByTimeAsync(3_539_999)
    expect(told).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(told).toEqual([60_000, 'next'])
  })

  test('of a token that lives no longer than that, tells at half time', async () => {
    const { made, told } = clock()
    made.set(new Date(60_000))
    await vi.advanceTimersByTimeAsync(30_000)
    expect(told).toEqual([30_000])
  })

  test('says once that it has run out, and goes on trying until it has one', async () => {
    let isAway = true
    const { made, told } = clock(() =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve('late'),
    )
    made.set(new Date(120_000))
    await vi.advanceTimersByTimeAsync(600_000)
    expect(told).toEqual([60_000, 'token-expired'])
    isAway = false
    await vi.advanceTimersByTimeAsync(30_000)
    expect(told).toEqual([60_000, 'token-expired', 'late'])
  })

  test('after its end nothing is told', async () => {
    const slow = Promise.withResolvers<string>()
    const { made, told } = clock(() => slow.promise)
    made.set(new Date(120_000))
    await vi.advanceTimersByTimeAsync(60_000)
    made.stop()
    slow.resolve('late')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(told).toEqual([60_000])
  })

  test('a token that was asked for is of no use when another has come meanwhile', async () => {
    const slow = Promise.withResolvers<string>()
    const { made, told } = clock(() => slow.promise)
    made.set(new Date(120_000))
    await vi.advanceTimersByTimeAsync(60_000)
    made.set(new Date(3_600_000))
    slow.resolve('late')
    await vi.advanceTimersByTimeAsync(1000)
    expect(told).toEqual([60_000])
  })

  test.each([-3_600_000, 0, 100])(
    'a clock by which new tokens have %i ms left asks for few of them',
    async (leftMs) => {
      let asked = 0
      const { made } = clock(() => {
        asked += 1
        queueMicrotask(() => made.set(new Date(Date.now() + leftMs)))
        return Promise.resolve('next')
      })
      made.set(new Date(leftMs))
      await vi.advanceTimersByTimeAsync(60_000)
      expect(asked).toBeGreaterThan(1)
      expect(asked).toBeLessThan(12)
    },
  )

  test('tries again until it has one', async () => {
    let failures = 3
    const { made, told } = clock(() =>
      failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve('late'),
    )
    made.set(new Date(120_000))
    await vi.advanceTimersByTimeAsync(75_000)
    expect(told).toEqual([60_000, 'late'])
  })

  test('says so when the token has run out', async () => {
    const { made, told } = clock(() => Promise.reject(new Error('away')))
    made.set(new Date(120_000))
    await vi.advanceTimersByTimeAsync(200_000)
    expect(told).toEqual([60_000, 'token-expired'])
  })
})
