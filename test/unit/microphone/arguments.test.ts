import { expect, test } from 'vitest'
import { isPromptName } from '../../../engine/core/prompt-names.ts'
import { ArgumentFault, readArguments } from '../../../engine/microphone/arguments.ts'
import { badNames, goodNames } from './prompt-names.ts'

test('a name is all that is needed', () => {
  expect(readArguments(['welcome'])).toEqual({
    ...{ name: 'welcome', device: undefined, recorder: undefined, longestMs: 300_000 },
    ...{ replaces: false, soundAboveDbfs: -45, playsBack: true },
  })
})

test('all options', () => {
  const given =
    '--device hw:1 --recorder parecord --longest 9 --threshold 60 --replace --no-playback x'
  expect(readArguments(given.split(' '))).toEqual({
    ...{ name: 'x', device: 'hw:1', recorder: 'parecord', longestMs: 9_000 },
    ...{ replaces: true, soundAboveDbfs: -60, playsBack: false },
  })
})

test.each(badNames)('%j is no name', (name) => {
  expect(isPromptName(name)).toBe(false)
  expect(() => readArguments(['--', name])).toThrow(ArgumentFault)
})

test.each(goodNames)('%j is a name', (name) => {
  expect(readArguments([name])).toMatchObject({ name })
})

test.each([
  { given: '', says: 'the name of the prompt is missing' },
  { given: 'a b', says: '"b" is one argument too many' },
  { given: 'a --longest 0', says: '--longest must be a whole number from 1 to 600' },
  { given: 'a --longest 1e2', says: '--longest must be a whole number from 1 to 600' },
  { given: 'a --threshold 5', says: '--threshold must be a whole number from 10 to 90' },
  {
    given: 'a --recorder cat',
    says: '--recorder must be one of: auto, sox, rec, arecord, parecord',
  },
  { given: 'a --device=', says: '--device can not be empty' },
  { given: 'a --wrong', says: "Unknown option '--wrong'" },
])('"$given": $says', ({ given, says }) => {
  const words = given.split(' ').filter((word) => word !== '')
  expect(() => readArguments(words)).toThrow(says)
})

test('--help names every option', () => {
  const help = String(readArguments(['--help']))
  for (const option of ['device', 'recorder', 'longest', 'threshold', 'replace', 'no-playback'])
    expect(help).toContain(`--${option}`)
})
