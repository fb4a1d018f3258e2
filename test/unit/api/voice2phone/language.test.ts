import { getCountries } from 'libphonenumber-js/min'
import { expect, test } from 'vitest'
import {
  languageOf,
  spokenLanguages,
} from '../../../../engine/api/dialects/voice2phone/language.ts'
import { EspeakNg } from '../../../../tts/espeak-ng.ts'

const every = () => true

test.each([
  ['US', 'en-us'],
  ['us', 'en-us'],
  ['GB', 'en-gb'],
  ['AU', 'en-gb'],
  ['DE', 'de'],
  ['FR', 'fr-fr'],
  ['MX', 'es-419'],
  ['BR', 'pt-br'],
  ['CN', 'cmn'],
  ['HK', 'yue'],
])('%s: %s', (country, language) => {
  expect(languageOf(country, every)).toBe(language)
})

test('a country whose language is not known, or not spoken here, gets English', () => {
  expect(languageOf('KH', every)).toBe('en')
  expect(languageOf('DE', (language) => language !== 'de')).toBe('en')
})

test('every country that can be called has one language', () => {
  const spoken = getCountries().map((country) => languageOf(country, every))
  expect(spoken.every((language) => spokenLanguages.includes(language))).toBe(true)
  expect(new Set(spoken)).toEqual(new Set(spokenLanguages))
})

const espeak = new EspeakNg()
test.skipIf(espeak.unavailableBecause() !== undefined)('espeak-ng speaks all of them', () => {
  const spoken = spokenLanguages.map((language) => espeak.findVoice(language, false)?.name)
  expect(spoken).toEqual(spokenLanguages)
})
