// What the reports of the test runner come to.

import { existsSync, readFileSync } from 'node:fs'
import type { FileOfTests, TestReport } from './test-report.ts'

/** How the tests ended. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/**
 * Tests of these keep time: sound, phones, browsers, processes that end. They run side by side, and a machine that
 * others use too can be late for one of them.
 */
const inTime = /^test\/(e2e|loop|media|fault|browser|conformance\/engine)\//
/** More than chance makes. */
const MOST_AGAIN = 4

/** The report in that file; undefined: the test runner has not come to its end. */
export function readReport(file: string): TestReport | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TestReport) : undefined
}

/**
 * Paths of the files that are to have the machine to themselves once: those that failed, if they are few and all
 * of them keep time. None after an error that belongs to no test.
 */
export function filesToTryAgain({ files, strayErrors }: TestReport): string[] {
  const bad = new Set(files.filter(({ isGood }) => !isGood).map(({ path }) => path))
  const isChance = strayErrors === 0 && bad.size <= MOST_AGAIN
  return isChance && [...bad].every((path) => inTime.test(path)) ? [...bad] : []
}

/** The first report with what `again` tells of its files in their place. */
export function together(first: TestReport, again: TestReport): TestReport {
  const isThere = (file: FileOfTests): boolean =>
    again.files.some(({ path, project }) => path === file.path && project === file.project)
  const files = [...first.files.filter((file) => !isThere(file)), ...again.files]
  return { files, strayErrors: first.strayErrors + again.strayErrors }
}

/**
 * Counts the tests. A file that failed without a test of its own that did counts as one failed test, and so does each
 * error that belongs to no test, a run without a report, and one without a test.
 */
export function countTests(report: TestReport | undefined): Counts {
  const sum = { passed: 0, failed: report?.strayErrors ?? 1, skipped: 0 }
  for (const { passed, failed, skipped, isGood } of report?.files ?? []) {
    sum.passed += passed
    sum.failed += isGood ? 0 : Math.max(1, failed)
    sum.skipped += skipped
  }
  if (sum.passed === 0) sum.failed = Math.max(1, sum.failed)
  return sum
}
