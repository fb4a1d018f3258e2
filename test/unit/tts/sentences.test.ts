/** Where a text is parted for voices that give nothing before they have made all. */

import { describe, expect, test } from 'vitest'
import { sentencesOf } from '../../../tts/sentences.ts'
import fc from '../../support/property.ts'

const parts = (text: string, most = 300) => sentencesOf(text, most, false)

describe('sentences', () => {
  test.each([
    ['You are first. Please wait!', ['You are first.', 'Please wait!']],
    [
      'Dr. Miller pays $3.50 on 3. May, e.g. by card.',
      ['Dr. Miller pays $3.50 on 3. May, e.g. by card.'],
    ],
    ['He said "Stop." Then he left.', ['He said "Stop."', 'Then he left.']],
    ['Wait... what? Yes.', ['Wait... what?', 'Yes.']],
    ['Thanks. ... Goodbye. :-)', ['Thanks. ...', 'Goodbye. :-)']],
    ['お待ちください。次の方、どうぞ！', ['お待ちください。', '次の方、どうぞ！']],
    ['「はい。」と言った。', ['「はい。」', 'と言った。']],
    ['कृपया प्रतीक्षा करें। धन्यवाद।', ['कृपया प्रतीक्षा करें।', 'धन्यवाद।']],
    ['هل أنت هناك؟ نعم.', ['هل أنت هناك؟', 'نعم.']],
    ['እባክዎ ይጠብቁ።አመሰግናለሁ።', ['እባክዎ ይጠብቁ።', 'አመሰግናለሁ።']],
  ])('%s', (text, expected) => {
    expect(parts(text)).toEqual(expected)
  })

  test.each([
    ['a number', '1234567890'.repeat(409)],
    ['one word', 'a'.repeat(4096)],
    ['Chinese', '请稍等我们马上为您服务'.repeat(370)],
    ['Chinese with commas', '请稍等，我们马上为您服务，'.repeat(310)],
    ['Thai', 'กรุณารอสักครู่'.repeat(290)],
    ['faces', '👩‍👩‍👧'.repeat(500)],
    ['full stops', '.'.repeat(4096)],
    ['one letter with all its accents', `e${'\u0301'.repeat(4000)}`],
  ])('no more is made at a time than may be, of 4,096 characters without a stop: %s', (_, text) => {
    const found = parts(text)
    expect(Math.max(...found.map(({ length }) => length))).toBeLessThanOrEqual(300)
    expect(found.join('')).toBe(text)
  })

  test('a word is not cut where the language has a way to tell', () => {
    expect(parts('กรุณารอสักครู่กรุณารอสักครู่', 16)).toEqual(['กรุณารอสักครู่', 'กรุณารอสักครู่'])
  })

  test('whatever the text is, nothing of it is lost, twice or half a character', () => {
    const text = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.constantFrom('. ', '。', ' ', ', ', '...', '"', '\u0301', '👍🏽'),
      ),
      { maxLength: 40 },
    )
    const bare = (one: string) => one.replace(/\s+/gu, '')
    fc.assert(
      fc.property(text, fc.boolean(), (pieces, together) => {
        const whole = pieces.join('')
        const found = sentencesOf(whole, 40, together)
        expect(bare(found.join(''))).toBe(bare(whole))
        expect(found.every((one) => one !== '' && one.isWellFormed())).toBe(true)
      }),
    )
  })
})
