import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { countTests } from '../../../engine/setup/counts.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringdown-counts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function report(passed: number, failed: number, skipped: number, stillborn = 0): string {
  const file = join(folder, 'report.json')
  const fine = { status: 'passed', assertionResults: [{}] }
  const broken = { status: 'failed', assertionResults: [] }
  const testResults = [fine, ...Array.from({ length: stillborn }, () => broken)]
  const numbers = { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped }
  writeFileSync(file, JSON.stringify({ ...numbers, numTodoTests: 0, testResults }))
  return file
}

describe('countTests', () => {
  test.each([
    { name: 'all passed', numbers: [5, 0, 0, 0], wereGood: true, failed: 0 },
    { name: 'some failed', numbers: [5, 2, 1, 0], wereGood: false, failed: 2 },
    { name: 'a file failed before its tests', numbers: [5, 0, 0, 1], wereGood: false, failed: 1 },
    { name: 'tests and a file failed', numbers: [5, 2, 0, 1], wereGood: false, failed: 3 },
    { name: 'the run failed, no test did', numbers: [5, 0, 0, 0], wereGood: false, failed: 1 },
    { name: 'no test ran', numbers: [0, 0, 3, 0], wereGood: true, failed: 1 },
  ])('$name', ({ numbers, wereGood, failed }) => {
    const [passed = 0, bad = 0, skipped = 0, stillborn = 0] = numbers
    const file = report(passed, bad, skipped, stillborn)
    expect(countTests(file, wereGood)).toEqual({ passed, failed, skipped })
  })

  test('no report at all is one failure', () => {
    const counts = { passed: 0, failed: 1, skipped: 0 }
    expect(countTests(join(folder, 'absent.json'), false)).toEqual(counts)
  })
})
