import { describe, expect, test } from 'vitest'
import { numberIn, numberOut } from '../../../engine/core/trunk-numbers.ts'
import { defaultTrunkOptions, type TrunkNumbers } from '../../../engine/core/trunk-options.ts'

const numbers = (changes: Partial<TrunkNumbers>): TrunkNumbers => ({
  ...defaultTrunkOptions.numbers,
  ...changes,
})
const au = { format: 'national', country: 'AU' } as const
const us = { format: 'national', country: 'US' } as const

describe('numbers on their way to a trunk', () => {
  test.each<[string, Partial<TrunkNumbers>, string]>([
    ['+61298765432', {}, '+61298765432'],
    ['+61298765432', { format: 'e164' }, '61298765432'],
    ['+61298765432', au, '0298765432'],
    ['+61412345678', au, '0412345678'],
    ['+12025551234', au, '001112025551234'],
    ['+12025551234', us, '2025551234'],
    ['+442071838750', us, '011442071838750'],
    ['+390212345678', { format: 'national', country: 'IT' }, '0212345678'],
    // who is no number in E.164 is not rewritten
    ['1001', au, '1001'],
    ['*98', { format: 'e164' }, '*98'],
    // the first rule that fits comes before the format
    [
      '+61298765432',
      { ...au, rulesOut: [{ match: '+612', strip: 3, prepend: '9' }] },
      '9298765432',
    ],
    [
      '+61398765432',
      { ...au, rulesOut: [{ match: '+612', strip: 3, prepend: '9' }] },
      '0398765432',
    ],
    [
      '+61298765432',
      {
        rulesOut: [
          { match: '+61', strip: 0, prepend: '1' },
          { match: '+612', strip: 4, prepend: '' },
        ],
      },
      '1+61298765432',
    ],
    ['1001', { rulesOut: [{ match: '', strip: 0, prepend: '7' }] }, '71001'],
  ])('%s by %j is %s', (number, how, expected) => {
    expect(numberOut(number, numbers(how))).toBe(expected)
  })
})

describe('numbers from a trunk', () => {
  test.each<[string, Partial<TrunkNumbers>, string]>([
    ['+61298765432', {}, '+61298765432'],
    ['0298765432', {}, '0298765432'],
    ['0298765432', { country: 'AU' }, '+61298765432'],
    ['0412345678', au, '+61412345678'],
    ['001112025551234', au, '+12025551234'],
    ['2025551234', us, '+12025551234'],
    ['12025551234', us, '+12025551234'],
    ['61298765432', { format: 'e164' }, '+61298765432'],
    ['0298765432', { format: 'e164' }, '0298765432'],
    ['0298765432', { format: 'e164', country: 'AU' }, '+61298765432'],
    // too short for a number of the country
    ['1001', au, '1001'],
    ['000', au, '000'],
    ['anonymous', au, 'anonymous'],
    ['98765432', { rulesIn: [{ match: '9', strip: 0, prepend: '+612' }] }, '+61298765432'],
    [
      '00441234567',
      { country: 'AU', rulesIn: [{ match: '00', strip: 2, prepend: '+' }] },
      '+441234567',
    ],
  ])('%s by %j is %s', (number, how, expected) => {
    expect(numberIn(number, numbers(how))).toBe(expected)
  })
})
