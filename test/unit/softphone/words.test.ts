import { describe, expect, test } from 'vitest'
import type { RecentCall } from '../../../softphone/app/api/shapes.ts'
import { isPadKey, keyTones, suggestions } from '../../../softphone/app/words/keypad.ts'
import { dialable, formatNumber, initials, keysOf } from '../../../softphone/app/words/number.ts'
import { endWords, isMissed, recentWords } from '../../../softphone/app/words/outcome.ts'
import {
  clockTime,
  dayWords,
  secondsUntil,
  spokenLength,
  whenWords,
} from '../../../softphone/app/words/time.ts'

describe('what is dialled', () => {
  test.each([
    ['+1 (500) 555-0140', '+15005550140'],
    ['+1 800 FLOWERS', '+18003569377'],
    ['tel:+49-30.1234', '+49301234'],
    ['*69#', '*69#'],
    ['1 + 2', '12'],
    ['front-desk', 'front-desk'],
    ['sip:bob@example.com', 'sip:bob@example.com'],
    ['2nd@example.com', '2nd@example.com'],
    ['  1002 ', '1002'],
  ])('%j is %j', (typed, dialled) => {
    expect(dialable(typed)).toBe(dialled)
  })

  test('a name that begins with a digit stays when somebody has it', () => {
    expect(dialable('2nd-floor', (text) => text === '2nd-floor')).toBe('2nd-floor')
    expect(dialable('2nd-floor')).toBe('26335667')
  })
})

test.each([
  ['+15005550140', '+1 500 555 0140'],
  ['+491711234567', '+49 171 123 4567'],
  ['+35315550123', '+353 155 501 23'],
  ['1002', '1002'],
  ['sip:bob@example.com', 'sip:bob@example.com'],
])('%s reads %s', (number, read) => {
  expect(formatNumber(number)).toBe(read)
})

test.each([
  ['Ada Byron', 'AB'],
  ['Warehouse gate north', 'WN'],
  ['workshop', 'W'],
  ['Phone 1002', 'P'],
  ['+15005550140', '#'],
])('%s has the letters %s', (name, letters) => {
  expect(initials(name)).toBe(letters)
})

describe('keys', () => {
  test('a word lies on its keys, accents or not', () => {
    expect(keysOf('Ada')).toBe('232')
    expect(keysOf('Müller 2')).toBe('6855372')
  })

  test('a key has its two tones', () => {
    expect(keyTones('1')).toEqual([697, 1209])
    expect(keyTones('#')).toEqual([941, 1477])
    expect(keyTones('x')).toBeUndefined()
    expect(keyTones('12')).toBeUndefined()
  })

  test('only keys of a dial pad are such', () => {
    expect(['1', '*', '#', '+'].every(isPadKey)).toBe(true)
    expect(['a', 'Enter', '', '12'].some(isPadKey)).toBe(false)
  })
})

describe('suggestions', () => {
  const contacts = [
    { username: '1003', name: 'Ada Byron', presence: 'busy' },
    { username: 'sales', name: 'Sales', presence: 'offline' },
    { username: '2320', name: 'Gate', presence: 'offline' },
  ] as const
  const found = (typed: string) => suggestions(typed, contacts, 2).map(({ username }) => username)

  test('by user name, then by name, then by the keys on which a name lies', () => {
    expect(found('232')).toEqual(['2320', '1003'])
    expect(found('byr')).toEqual(['1003'])
    expect(found('SA')).toEqual(['sales'])
    expect(found('729')).toEqual([])
  })

  test('none for nothing, nor for what was typed whole', () => {
    expect(found('')).toEqual([])
    expect(found('sales')).toEqual([])
  })
})

describe('times', () => {
  const now = new Date(2026, 10, 21, 19, 0)

  test.each([
    [0, '0:00'],
    [65.9, '1:05'],
    [3665, '1:01:05'],
    [-3, '0:00'],
  ])('%d s on the clock are %s', (seconds, read) => {
    expect(clockTime(seconds)).toBe(read)
  })

  test.each([
    [0, '0 s'],
    [65, '1 min 5 s'],
    [120, '2 min'],
    [3725, '1 h 2 min'],
  ])('%d s are %s', (seconds, read) => {
    expect(spokenLength(seconds)).toBe(read)
  })

  test('the day is said as far as it is needed', () => {
    const at = (day: number, hours = 14) => new Date(2026, 10, day, hours, 5)
    expect(whenWords(at(21), now, 'en-GB')).toBe('14:05')
    expect(whenWords(at(20, 23), now, 'en-GB')).toBe('Yesterday 23:05')
    expect(whenWords(at(18), now, 'en-GB')).toBe('Wed 14:05')
    expect(whenWords(at(9), now, 'en-GB')).toBe('9 Nov 14:05')
    expect(whenWords(new Date(2025, 2, 12, 14, 5), now, 'en-GB')).toBe('12 Mar 2025 14:05')
    expect([21, 20, 18, 9].map((day) => dayWords(at(day), now, 'en-GB'))).toEqual([
      ...['Today', 'Yesterday', 'Wednesday', '9 November 2026'],
    ])
  })

  test('a count-down ends at 0', () => {
    expect(secondsUntil(5000, 3500)).toBe(2)
    expect(secondsUntil(5000, 9000)).toBe(0)
  })
})

describe('how a call ended', () => {
  const refused = (sipStatus: number) =>
    endWords({ by: 'remote', sipStatus, reason: 'x' }, false, false)

  test.each([
    [486, 'Busy'],
    [603, 'Declined'],
    [404, 'Unknown number'],
    [487, 'No answer'],
    [503, 'Out of service'],
    [403, 'Not allowed'],
  ])('%d is "%s"', (sipStatus, title) => {
    expect(refused(sipStatus)).toMatchObject({ title, isGood: false })
  })

  test.each([
    ['0299990000', 'Telephone numbers begin with + and the country code.'],
    ['+61299990000', 'There is nobody at that number.'],
    ['alice', 'There is nobody at that number.'],
  ])('nobody at %s', (party, detail) => {
    const end = { by: 'remote', sipStatus: 404, reason: 'x' } as const
    expect(endWords(end, false, false, party)).toMatchObject({ title: 'Unknown number', detail })
  })

  test('a status without words of its own says what the SDK says', () => {
    expect(refused(499)).toEqual({ title: 'Call failed', detail: 'x', isGood: false })
  })

  test('a call that was up', () => {
    const by = (who: 'local' | 'remote' | 'failure') =>
      endWords({ by: who, reason: 'It did not come back.' }, true, false)
    expect(by('local')).toEqual({ title: 'Call ended', detail: '', isGood: true })
    expect(by('remote')).toMatchObject({ detail: 'They hung up.', isGood: true })
    expect(by('failure')).toEqual({
      ...{ title: 'Call lost', detail: 'It did not come back.', isGood: false },
    })
  })

  test('a call that came in', () => {
    const end = (who: 'local' | 'remote') => endWords({ by: who, reason: '' }, false, true).title
    expect([end('local'), end('remote')]).toEqual(['Call declined', 'Missed call'])
    const elsewhere = { by: 'remote', answeredElsewhere: true, reason: '' } as const
    expect(endWords(elsewhere, false, true)).toMatchObject({
      ...{ title: 'Answered elsewhere', isGood: true },
    })
  })
})

describe('recent calls', () => {
  const call = (
    direction: RecentCall['direction'],
    outcome: RecentCall['outcome'],
  ): RecentCall => ({
    ...{ id: '1', direction, outcome, party: '1002', partyName: undefined },
    ...{
      isUp: false,
      startedAt: new Date(0),
      answeredAt: undefined,
      durationS: 65,
      sipCallId: null,
    },
  })

  test.each([
    ['incoming', 'answered', 'Incoming, 1 min 5 s'],
    ['incoming', 'missed', 'Missed'],
    ['incoming', 'declined', 'Declined'],
    ['outgoing', 'declined', 'They declined'],
    ['outgoing', 'canceled', 'Given up'],
    ['outgoing', 'live', 'On now'],
  ] as const)('%s and %s: %s', (direction, outcome, words) => {
    expect(recentWords(call(direction, outcome))).toBe(words)
  })

  test('missed are only those that came in', () => {
    expect(isMissed(call('incoming', 'missed'))).toBe(true)
    expect(isMissed(call('incoming', 'declined'))).toBe(false)
    expect(isMissed(call('outgoing', 'no-answer'))).toBe(false)
  })
})
