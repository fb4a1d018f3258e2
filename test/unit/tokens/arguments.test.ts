import { expect, test } from 'vitest'
import { readArguments } from '../../../engine/tokens/index.ts'

const plain = { kind: 'staff', subject: null, businesses: [], hours: 24 }
test.each([
  [['staff'], plain],
  [['directory'], { ...plain, kind: 'directory' }],
  [['--hours', '1', 'app'], { ...plain, kind: 'app', hours: 1 }],
  [['staff', '--subject=s 1'], { ...plain, subject: 's 1' }],
  [['staff', '--business', 'a', '--business=b'], { ...plain, businesses: ['a', 'b'] }],
] as const)('%j', (given, wanted) => {
  expect(readArguments(given)).toEqual(wanted)
})

test.each([[['--help']], [['-h']], [['staff', '--help']]])('%j tells how it is done', (given) => {
  expect(readArguments(given)).toMatch(/^usage: npm run .*--business.*--hours/s)
})

test.each([
  [[], /kind of token is missing/],
  [['boss'], /no tokens of the kind "boss"/],
  [['staff', 'app'], /"app" is one argument too many/],
  [['staff', '--hours', '0'], /--hours/],
  [['staff', '--hours', '1.5'], /--hours/],
  [['staff', '--hours=-1'], /--hours/],
  [['staff', '--hours', '87601'], /--hours/],
  [['staff', '--business'], /--business/],
  [['staff', '--business', ''], /empty/],
  [['staff', '--subject='], /empty/],
  [['staff', '--colour', 'red'], /--colour/],
] as const)('%j is refused, and how it is done is told', (given, message) => {
  expect(() => readArguments(given)).toThrow(message)
  expect(() => readArguments(given)).toThrow(/usage: npm run/)
})
