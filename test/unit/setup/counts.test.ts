import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { countTests, filesToTryAgain, readReport, together } from '../../../engine/setup/counts.ts'
import type { FileOfTests, TestReport } from '../../../engine/setup/test-report.ts'

const timed = 'test/e2e/phones.test.ts'
const pure = 'test/unit/core/ids.test.ts'

const file = (path: string, passed: number, failed = 0, skipped = 0): FileOfTests => ({
  ...{ path, project: 'whole', passed, failed, skipped, isGood: failed === 0, durationMs: 1 },
})
const report = (files: readonly FileOfTests[], strayErrors = 0): TestReport => ({
  files,
  strayErrors,
})
/** Its first hook has failed: no test of it ran. */
const stillborn = (path: string): FileOfTests => ({ ...file(path, 0, 0, 2), isGood: false })

describe('countTests', () => {
  test.each([
    { name: 'all passed', told: report([file(pure, 5)]), counts: [5, 0, 0] },
    { name: 'some failed', told: report([file(pure, 5, 2, 1)]), counts: [5, 2, 1] },
    {
      name: 'a file failed before its tests',
      told: report([file(pure, 5), stillborn(timed)]),
      counts: [5, 1, 2],
    },
    {
      name: 'tests and a file failed',
      told: report([file(pure, 5, 2), stillborn(timed)]),
      counts: [5, 3, 2],
    },
    { name: 'the run failed, no test did', told: report([file(pure, 5)], 1), counts: [5, 1, 0] },
    { name: 'no test ran', told: report([file(pure, 0, 0, 3)]), counts: [0, 1, 3] },
    { name: 'no report at all', told: undefined, counts: [0, 1, 0] },
  ])('$name', ({ told, counts: [passed, failed, skipped] }) => {
    expect(countTests(told)).toEqual({ passed, failed, skipped })
  })
})

describe('filesToTryAgain', () => {
  test.each([
    { name: 'nothing failed', told: report([file(pure, 5), file(timed, 5)]), again: [] },
    { name: 'one that keeps time', told: report([file(timed, 5, 1)]), again: [timed] },
    { name: 'its first hook', told: report([stillborn(timed)]), again: [timed] },
    {
      name: 'the same file in two projects, once',
      told: report([file(timed, 5, 1), { ...file(timed, 5, 1), project: 'apart' }]),
      again: [timed],
    },
    { name: 'one that keeps none', told: report([file(pure, 5, 1), file(timed, 5, 1)]), again: [] },
    { name: 'an error of no test', told: report([file(timed, 5, 1)], 1), again: [] },
    {
      name: 'too many',
      told: report([1, 2, 3, 4, 5].map((n) => file(`test/e2e/${n}.test.ts`, 1, 1))),
      again: [],
    },
  ])('$name', ({ told, again }) => {
    expect(filesToTryAgain(told)).toEqual(again)
  })
})

describe('together', () => {
  const first = report([file(pure, 5), file(timed, 3, 2)])

  test('what was tried again counts by its second try', () => {
    expect(countTests(together(first, report([file(timed, 5)])))).toEqual({
      ...{ passed: 10, failed: 0, skipped: 0 },
    })
  })

  test('what failed twice has failed, and so has an error in the second try', () => {
    const again = report([file(timed, 4, 1)], 1)
    expect(countTests(together(first, again))).toEqual({ passed: 9, failed: 2, skipped: 0 })
  })

  test('what the second try did not come to counts by the first', () => {
    expect(countTests(together(first, report([])))).toMatchObject({ passed: 8, failed: 2 })
  })
})

test('a report is read from its file, and none where there is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-counts-'))
  const path = join(folder, 'report.json')
  const told = report([file(pure, 5)])
  writeFileSync(path, JSON.stringify(told))
  expect(readReport(path)).toEqual(told)
  expect(readReport(join(folder, 'absent.json'))).toBeUndefined()
  rmSync(folder, { recursive: true })
})
