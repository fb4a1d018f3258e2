import { expect, test } from 'vitest'
import { checkOpenFiles } from '../../../engine/compose/open-files.ts'

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             10                   10                   processes
Max open files            ${soft.padEnd(21)}524288               files
`

const usual = { first: 10_000, last: 19_999 }

function warned(maxCalls: number, ports: typeof usual, text: string): string[] {
  const lines: string[] = []
  const config = { callLimits: { maxCalls }, rtp: { ports } } as never
  checkOpenFiles(config, { warn: (line) => void lines.push(line) }, text)
  return lines
}

test.each([
  [5_000, usual, 15_070],
  [10, usual, 100],
  // There are no ports for more.
  [5_000, { first: 10_000, last: 10_199 }, 370],
])('%i calls, ports %j: %i files are enough, one less is not', (calls, ports, enough) => {
  expect(warned(calls, ports, limits(String(enough)))).toEqual([])
  expect(warned(calls, ports, limits(String(enough - 1)))).toEqual([
    expect.stringContaining(`raise it to ${enough} and one for each connection (LimitNOFILE=`),
  ])
})

test('it says how many calls would fit', () => {
  expect(warned(5_000, usual, limits('1024'))[0]).toMatch(/RINGDOWN_MAX_CALLS to 318$/)
  expect(warned(5_000, usual, limits('20'))[0]).toMatch(/RINGDOWN_MAX_CALLS to 0$/)
})

test('nothing is said where there is no limit, or the system does not tell it', () => {
  expect(warned(5_000, usual, limits('unlimited'))).toEqual([])
  expect(warned(5_000, usual, '')).toEqual([])
})
