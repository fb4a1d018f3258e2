// Reads the totals out of the test runner's report.

import { existsSync, readFileSync } from 'node:fs'

/** How a run of tests ended. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The part of the report that is used; the format is that of jest's JSON. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly unknown[]
  }[]
}

/**
 * Counts the tests in a report. A file that failed before its first test counts as one failed test,
 * and so does whatever made the run fail although no test did: a run without a report, an unhandled
 * rejection, or no test at all.
 */
export function countTests(report: string, wereGood: boolean): Counts {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 }
  const told = JSON.parse(readFileSync(report, 'utf8')) as Report
  const stillborn = told.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  const failed = told.numFailedTests + stillborn
  const isUnexplained = failed === 0 && (!wereGood || told.numPassedTests === 0)
  return {
    passed: told.numPassedTests,
    failed: isUnexplained ? 1 : failed,
    skipped: told.numPendingTests + told.numTodoTests,
  }
}
