import { describe, expect, test } from 'vitest'
import { type CallState, causeOfSipStatus, statusOf } from '../../../engine/core/call.ts'
import { isE164, isLabNumber, parseDestination } from '../../../engine/core/numbers.ts'
import { legCostMicro, ratePerMinuteMicro } from '../../../engine/core/rates.ts'

describe('status of a call that a SIP response ended', () => {
  test.each([
    [486, 'busy'],
    [600, 'busy'],
    [480, 'no-answer'],
    [408, 'no-answer'],
    [487, 'canceled'],
    [603, 'failed'],
    [404, 'failed'],
    [503, 'failed'],
  ] as const)('%i -> %s', (sipStatus, status) => {
    expect(statusOf({ at: 'ended', cause: causeOfSipStatus(sipStatus) })).toBe(status)
  })
})

test.each([
  [{ at: 'queued' }, 'queued'],
  [{ at: 'ringing' }, 'ringing'],
  [{ at: 'up', sinceMs: 1 }, 'in-progress'],
  [{ at: 'ended', cause: { is: 'hangup', by: 'api' }, answeredAtMs: 1 }, 'completed'],
  [{ at: 'ended', cause: { is: 'canceled', by: 'api' } }, 'canceled'],
  [{ at: 'ended', cause: { is: 'failed', reason: 'media_error' }, answeredAtMs: 1 }, 'failed'],
] as [CallState, string][])('%j is %s', (state, status) => {
  expect(statusOf(state)).toBe(status)
})

describe('numbers', () => {
  test.each(['+61412345678', '+1234567', '+123456789012345'])('%s is E.164', (text) => {
    expect(isE164(text)).toBe(true)
  })
  test.each([
    '61412345678',
    '+0412345678',
    '+123456',
    '+1234567890123456',
    '+61 412',
    '',
    '+６１４',
  ])('%j is not', (text) => {
    expect(isE164(text)).toBe(false)
  })
  test.each([
    ['+61412345678', { kind: 'number', number: '+61412345678' }],
    ['sip:bob@10.0.0.1', { kind: 'uri', uri: 'sip:bob@10.0.0.1' }],
    ['1001', { kind: 'device', username: '1001' }],
    ['sip:', undefined],
    ['sip:a b@c', undefined],
    ['+61', undefined],
    ['a', undefined],
    ['sip:x@y\r\nEvil: 1', undefined],
  ])('destination %j', (text, destination) => {
    expect(parseDestination(text)).toEqual(destination)
  })
  test('lab numbers', () => {
    expect(isLabNumber('+15005550110')).toBe(true)
    expect(isLabNumber('+15005560110')).toBe(false)
    expect(isLabNumber('+150055501100')).toBe(false)
  })
})

describe('prices', () => {
  test.each([
    ['+61412345678', 100_000],
    ['+61298765432', 80_000],
    ['+15005550110', 0],
    ['+442071838750', 250_000],
    ['1001', 0],
  ])('a minute to %s', (to, micro) => {
    expect(ratePerMinuteMicro(to)).toBe(micro)
  })
  test.each([
    [null, 0],
    [0, 100_000],
    [60_000, 100_000],
    [60_001, 200_000],
  ])('%s ms answered', (answeredMs, micro) => {
    expect(legCostMicro('+61412345678', answeredMs)).toBe(micro)
  })
})
