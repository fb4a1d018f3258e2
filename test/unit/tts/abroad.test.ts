import { describe, expect, test } from 'vitest'
import { abroad } from '../../../tts/ssml/abroad.ts'

describe('in words of the language', () => {
  test.each([
    ['de', 'date', '', '2025-12-10', '10. Dezember 2025'],
    ['de-AT', 'date', 'mdy', '1/10/2025', '10. Jänner 2025'],
    ['fr', 'date', 'dm', '29/2', '29 février'],
    ['es', 'date', '', '10/12/2025', '10 de diciembre de 2025'],
    ['it', 'date', 'my', '12/2025', 'dicembre 2025'],
    ['de', 'date', '', '31.2.2025', undefined],
    ['de', 'date', '', 'morgen', undefined],
    ['de', 'time', '', '2:30pm', '14:30'],
    ['it', 'time', '', '12:05 am', '0:05'],
    ['fr', 'time', '', '10:30:01', '10:30:01'],
    ['de', 'time', '', '25:00', undefined],
    ['de', 'currency', '', '$12.50', '12,50 US-Dollar'],
    ['de', 'currency', '', '1 EUR', '1 Euro'],
    ['fr', 'currency', '', '-€1,234', '-1234 euros'],
    ['es', 'currency', '', 'GBP 2', '2 libras esterlinas'],
    ['de', 'currency', '', 'viel', undefined],
    ['de', 'ordinal', '', '3', undefined],
    ['qq', 'date', '', '2025-12-10', undefined],
    ['no tag at all', 'date', '', '2025-12-10', undefined],
    ['de_DE', 'date', '', '2025-12-10', undefined],
  ])('%s %s %s %s', (language, kind, format, text, said) => {
    expect(abroad(kind, format, text, language)?.replaceAll(/\s/g, ' ')).toBe(said)
  })
})
