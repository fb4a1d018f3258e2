import { expect, test } from 'vitest'
import { KeyPairs } from '../../../engine/media/leg/key-pairs.ts'

/** Which of the reports are told. A number: so many ticks go by; `5e`: as an event; `5t`: as tones. */
function told(...what: readonly (string | number)[]): string[] {
  const pairs = new KeyPairs()
  return what.filter((one): one is string => {
    if (typeof one === 'string') return pairs.isNews(one.charAt(0), one.endsWith('t'))
    for (let n = 0; n < one; n++) pairs.tick()
    return false
  })
}

test('a key that comes as an event and as tones is told once', () => {
  expect(told('5e', 4, '5t')).toEqual(['5e'])
  expect(told('5t', 2, '5e')).toEqual(['5t'])
})

test('a key that is pressed twice is told twice, whatever comes first', () => {
  expect(told('1e', 4, '1t', 1, '1e', 4, '1t')).toEqual(['1e', '1e'])
  expect(told('1e', 5, '1e', 1, '1t', 5, '1t')).toEqual(['1e', '1e'])
  expect(told('1t', 5, '1t', 1, '1e', 5, '1e')).toEqual(['1t', '1t'])
})

test('keys that come one way only are all told', () => {
  expect(told('1t', 5, '1t', 5, '2t', 5, '1t')).toHaveLength(4)
  expect(told('1e', 5, '1e', 5, '2e', 5, '1e')).toHaveLength(4)
})

test('half a second later it is another press', () => {
  expect(told('9e', 25, '9t')).toEqual(['9e'])
  expect(told('9e', 26, '9t')).toEqual(['9e', '9t'])
})
