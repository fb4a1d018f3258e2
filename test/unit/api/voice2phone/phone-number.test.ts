import { describe, expect, test } from 'vitest'
import { readPhoneNumber } from '../../../../engine/api/dialects/voice2phone/phone-number.ts'
import { Failure } from '../../../../engine/core/failures.ts'

describe('a number as people of a country write it', () => {
  test.each([
    ['4252337837', 'US', '+14252337837'],
    ['(425) 233-7837', 'US', '+14252337837'],
    ['1 425 233 7837', 'US', '+14252337837'],
    ['4252337837', 'us', '+14252337837'],
    ['020 7183 8750', 'GB', '+442071838750'],
    ['0412 345 678', 'AU', '+61412345678'],
    ['0412 345 678', 'aU', '+61412345678'],
    ['030 901820', 'DE', '+4930901820'],
    ['06 698 12345', 'IT', '+390669812345'],
    ['5005550140', 'US', '+15005550140'],
    ['500-555-0111', 'CA', '+15005550111'],
  ])('%s in %s', (number, country, e164) => {
    expect(readPhoneNumber(number, country)).toBe(e164)
  })
})

describe('a plus or the international prefix of the country goes before the country', () => {
  test.each([
    ['+442071838750', 'US', '+442071838750'],
    ['+1 (425) 233-7837', 'GB', '+14252337837'],
    ['＋14252337837', 'DE', '+14252337837'],
    ['011 44 20 7183 8750', 'US', '+442071838750'],
    ['00 1 425 233 7837', 'DE', '+14252337837'],
    ['0011 44 20 7183 8750', 'AU', '+442071838750'],
    ['+15005550140', 'AU', '+15005550140'],
    [' +44 (0)20 7183 8750 ', 'US', '+442071838750'],
  ])('%s in %s', (number, country, e164) => {
    expect(readPhoneNumber(number, country)).toBe(e164)
  })
})

test('possible is enough: what is in use is for the carrier to say', () => {
  // 700 and 999 are no area codes today.
  expect(readPhoneNumber('9992337837', 'US')).toBe('+19992337837')
})

const refusal = (number: string, country: string): unknown => {
  try {
    return readPhoneNumber(number, country)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { code: error.code, field: error.field }
  }
}

describe('no number', () => {
  test.each([
    ...['', ' ', '+', '0', '911', '555', '425233783', '42523378370', '4252337837 x', 'call me'],
    ...['1-800-FLOWERS', '+4252337837', '+999123456789', '+1', '4252337837\u0000', '425\n2337837,'],
    ...['hello 4252337837 bye', '4252337837 ext. 5', '+14252337837;ext=5', '1'.repeat(100)],
    ...['sip:1001@192.0.2.1', '1001', '\ud800'],
  ])('%j', (number) => {
    expect(refusal(number, 'US')).toEqual({ code: 'invalid_phone_number', field: 'Phone.Number' })
  })
})

describe('no country', () => {
  test.each([
    ...[
      '',
      'U',
      'USA',
      'XX',
      'U5',
      ' US',
      'us ',
      '1',
      'ß',
      '__',
      '__proto__',
      'constructor',
      'ＵＳ',
    ],
  ])('%j', (country) => {
    expect(refusal('+14252337837', country)).toEqual({
      code: 'invalid_request',
      field: 'Phone.CountryCode',
    })
  })
})
