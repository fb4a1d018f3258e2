import { describe, expect, test } from 'vitest'
import {
  type Dialled,
  readDialled,
  readNumber,
  readSpeedDialCode,
} from '../../../../engine/api/dialects/fonenumber/dialling.ts'

const caller = '+13214991008'
const refused = { mayBeSpeedDials: false }
const number = (text: string): Dialled => ({ kind: 'number', number: text })
const speedDial = (code: string): Dialled => ({ kind: 'speedDial', code })

describe('what is called', () => {
  test.each<[what: string, text: string, wanted: Dialled]>([
    ['10 digits', '3214991000', number('+13214991000')],
    ["the document's own example", '(321) 499-1008', number('+13214991008')],
    ['1 and 10 digits', '13214991000', number('+13214991000')],
    ["the document's German example", '01149894567898', number('+49894567898')],
    ['011 with separators', '011 (49) 89 4567898', number('+49894567898')],
    ['011 and 7 digits: 10 in all', '0112345678', number('+2345678')],
    ['011 and 8 digits: 11 in all', '01123456789', number('+23456789')],
    ['011 and 15 digits: 18 dialled', '011123456789012345', number('+123456789012345')],
    ['7 digits', '499-1000', number('+13214991000')],
    ['E.164', '+61412345678', number('+61412345678')],
    ['E.164 with separators', ' +61 (412) 345-678', number('+61412345678')],
    ['E.164 of 7 digits', '+2345678', number('+2345678')],
    ['letters around', 'call 3214991000 now', number('+13214991000')],
    ['a plus in brackets', '(+49) 89 456789', number('+4989456789')],
    ['a plus behind a scheme', 'tel:+49-89-456789', number('+4989456789')],
    ['a plus of full width', '\uFF0B49 89 456789', number('+4989456789')],
    ['a plus that is not in front', '321+4991000', number('+13214991000')],
    ['a lab number, 10 digits', '5005550140', number('+15005550140')],
    ['a lab number, 11 digits', '15005550140', number('+15005550140')],
    ['a lab number in E.164', '+15005550140', number('+15005550140')],
    ['a lab number by 011', '01115005550140', number('+15005550140')],
    ['1 digit', '7', speedDial('7')],
    ['6 digits', '123456', speedDial('123456')],
    ['a zero in front', '007', speedDial('007')],
    ['separators in a speed dial', '#1-01', speedDial('101')],
  ])('%s: %s', (_, text, wanted) => {
    expect(readDialled(text, 'to', caller, refused)).toEqual(wanted)
  })

  test.each<[what: string, text: string, code: string]>([
    ['nothing', '', 'invalid_phone_number'],
    ['no digit', 'nobody', 'invalid_phone_number'],
    ['8 digits', '12345678', 'invalid_phone_number'],
    ['9 digits', '123456789', 'invalid_phone_number'],
    ['11 digits without 1', '23214991000', 'invalid_phone_number'],
    ['12 digits without 011', '498945678981', 'invalid_phone_number'],
    ['011 and 6 digits', '011234567', 'invalid_phone_number'],
    ['011 and 16 digits', '0111234567890123456', 'invalid_phone_number'],
    ['011 and a zero', '01104945678989', 'invalid_phone_number'],
    ['a plus and 6 digits', '+123456', 'invalid_phone_number'],
    ['a plus and 16 digits', '+1234567890123456', 'invalid_phone_number'],
    ['a plus and a zero', '+0412345678', 'invalid_phone_number'],
    ['a digit of full width', '132149910\uFF100', 'invalid_phone_number'],
    ['Arabic digits', '٣٢١٤٩٩١٠٠٠', 'invalid_phone_number'],
    ['a speed dial with another digit', '10१', 'invalid_phone_number'],
    ['911', '911', 'target_not_allowed'],
    ['112', '112', 'target_not_allowed'],
    ['999 with separators', '9-9-9', 'target_not_allowed'],
    ['000', '000', 'target_not_allowed'],
    ['110', '110', 'target_not_allowed'],
    ['118', '118', 'target_not_allowed'],
    ['119', '119', 'target_not_allowed'],
    ['911 by 011', '011911', 'target_not_allowed'],
    ['911 with a plus', '+911', 'target_not_allowed'],
  ])('%s is refused: %s', (_, text, code) => {
    expect(() => readDialled(text, 'to', caller, refused)).toThrow(
      expect.objectContaining({ code, field: 'to' }),
    )
  })

  test('7 digits need a caller in North America', () => {
    const refusal = expect.objectContaining({ code: 'invalid_phone_number', field: 'to' })
    expect(() => readDialled('4991000', 'to', '+61412345678', refused)).toThrow(refusal)
    expect(() => readNumber('4991000', 'to')).toThrow(refusal)
  })

  test('a number is never a speed dial', () => {
    expect(() => readNumber('101', 'service_id', caller)).toThrow(
      expect.objectContaining({ code: 'invalid_phone_number', field: 'service_id' }),
    )
  })
})

describe('the code of a speed dial', () => {
  test.each(['1', ' 101 ', '999999'])('%s', (text) => {
    expect(readSpeedDialCode(text, 'speed_dial', refused)).toBe(text.trim())
  })

  test.each([
    ['', 'invalid_request'],
    ['1234567', 'invalid_request'],
    ['1-2', 'invalid_request'],
    ['١', 'invalid_request'],
    ['911', 'target_not_allowed'],
  ])('%j is refused', (text, code) => {
    expect(() => readSpeedDialCode(text, 'speed_dial', refused)).toThrow(
      expect.objectContaining({ code, field: 'speed_dial' }),
    )
  })
})

describe('emergency codes, where they may be speed dials', () => {
  const allowed = { mayBeSpeedDials: true }

  test.each(['911', '112', '000'])('%s', (text) => {
    expect(readDialled(text, 'to', caller, allowed)).toEqual(speedDial(text))
    expect(readSpeedDialCode(text, 'speed_dial', allowed)).toBe(text)
  })

  test('with a plus it is none, and no number', () => {
    expect(() => readDialled('+911', 'to', caller, allowed)).toThrow(
      expect.objectContaining({ code: 'target_not_allowed', field: 'to' }),
    )
  })
})
