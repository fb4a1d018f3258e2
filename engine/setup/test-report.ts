// What became of the tests, by file: written by the test runner, read by the check.

import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/** One file of tests in one project of the test runner. */
export interface FileOfTests {
  /** From the top folder of the project. */
  readonly path: string
  readonly project: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** All of it went well, what comes before its first test and after its last one too. */
  readonly isGood: boolean
  readonly durationMs: number
}

/** A run of the tests. */
export interface TestReport {
  readonly files: readonly FileOfTests[]
  /** Errors that belong to no test, such as a rejection that nobody has handled. */
  readonly strayErrors: number
}

/** Where the report goes is told by the environment: the test runner makes its reporters itself. */
export const REPORT_FILE = 'RINGDOWN_TEST_REPORT'

export default class WriteTestReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly unknown[]): void {
    const file = process.env[REPORT_FILE]
    if (file === undefined) return
    const told: TestReport = { files: modules.map(fileOf), strayErrors: strayErrors.length }
    writeFileSync(file, JSON.stringify(told, null, 2))
  }
}

function fileOf(module: TestModule): FileOfTests {
  const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
  for (const test of module.children.allTests()) counts[test.result().state] += 1
  const { passed, failed, skipped, pending } = counts
  return {
    ...{
      path: relative(module.project.config.root, module.moduleId),
      project: module.project.name,
    },
    ...{ passed, failed: failed + pending, skipped },
    isGood: module.ok() && module.state() !== 'pending' && pending === 0,
    durationMs: Math.round(module.diagnostic().duration),
  }
}
