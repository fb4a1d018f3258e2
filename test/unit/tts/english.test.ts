import { describe, expect, test } from 'vitest'
import { currency, date, ordinal, time } from '../../../tts/ssml/english.ts'

describe('ordinals', () => {
  test.each([
    ['1', '1st'],
    ['2', '2nd'],
    ['3', '3rd'],
    ['4', '4th'],
    ['11', '11th'],
    ['112', '112th'],
    ['1,023', '1023rd'],
    ['0', '0th'],
    ['1.5', undefined],
    ['first', undefined],
    ['9'.repeat(30), undefined],
  ])('%s', (text, said) => expect(ordinal(text)).toBe(said))
})

describe('dates', () => {
  const rows: readonly (readonly [text: string, format: string, said: string | undefined])[] = [
    ['10/12/2025', 'mdy', 'October 12th 20 25'],
    ['10/12/2025', 'dmy', '10th December 20 25'],
    ['10-12-2025', '', 'October 12th 20 25'],
    ['2025-10-12', '', 'October 12th 20 25'],
    ['20251012', 'yyyymmdd', 'October 12th 20 25'],
    ['10122025', 'mm/dd/yyyy', 'October 12th 20 25'],
    ['1.3.1999', 'dmy', '1st March 19 99'],
    ['1905-01-31', 'ymd', 'January 31st 19 oh 5'],
    ['1900', 'y', '19 hundred'],
    ['2005', 'y', '2005'],
    ['1066', 'y', '1066'],
    ['12/25', 'md', 'December 25th'],
    ['25/12', 'dm', '25th December'],
    ['10/2025', 'my', 'October 20 25'],
    ['3', 'd', '3rd'],
    ['13/13/2025', 'mdy', undefined],
    ['0/1/2025', 'mdy', undefined],
    ['1/32', 'md', undefined],
    ['10/12', 'mdy', undefined],
    ['Oct 12 2025', 'mdy', undefined],
    ['', 'mdy', undefined],
  ]
  test.each(rows)('%s as %s', (text, format, said) => {
    expect(date(text, format, 'mdy')).toBe(said)
  })

  test('without a format as is usual there', () => {
    expect(date('10/12/2025', '', 'dmy')).toBe('10th December 20 25')
  })
})

describe('times', () => {
  test.each([
    ['10:30', '10 30'],
    ['9:00', "9 o'clock"],
    ['17:00', '17 hundred'],
    ['10:05', '10 oh 5'],
    ['2:30pm', '2 30 PM'],
    ['2:00 a.m.', '2 AM'],
    ['11 PM', '11 PM'],
    ['10:30:01', '10 30 and 1 second'],
    ['25:00', undefined],
    ['13:00 pm', undefined],
    ['10:60', undefined],
    ['10', undefined],
    ['noon', undefined],
  ])('%s', (text, said) => expect(time(text)).toBe(said))
})

describe('sums of money', () => {
  test.each([
    ['$12.50', '12 dollars and 50 cents'],
    ['$1', '1 dollar'],
    ['US$1,234.01', '1234 dollars and 1 cent'],
    ['$0.99', '99 cents'],
    ['$0', '0 dollars'],
    ['-€5', 'minus 5 euros'],
    ['12.5 EUR', '12 euros and 50 cents'],
    ['GBP 2.02', '2 pounds and 2 pence'],
    ['¥100', '100 yen'],
    ['¥1.5', undefined],
    ['XYZ 5', undefined],
    ['5', undefined],
    ['dollars', undefined],
  ])('%s', (text, said) => expect(currency(text)).toBe(said))
})
