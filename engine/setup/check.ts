// Everything that must hold before a change is taken, in one command: formatter and linter, types,
// dead code, and all tests (the import rule is one of them). `npm run check` and `npm test` end here.
// Of all tests, a few files whose tests keep time and failed are run once more by themselves; which, is said.
//
// The last line is the total, `N passed, N failed`, alone on its line; the exit code says the same.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { countTests, filesToTryAgain, readReport, together } from './counts.ts'
import { REPORT_FILE, type TestReport } from './test-report.ts'

const root = resolve(import.meta.dirname, '../..')
const reports = join(root, 'node_modules/.cache/ringdown')
const reportFile = join(reports, 'tests.json')

const steps = [
  ['format and lint', ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings']],
  ['types', ['typescript/bin/tsc', '-p', '.']],
  ['types of the softphone', ['typescript/bin/tsc', '-p', 'softphone']],
  ['dead code', ['knip/bin/knip.js', '--no-progress']],
] as const

/** Runs a program of an npm package in this very Node; true when it was content. */
function run(script: string, args: readonly string[]): boolean {
  const program = join(root, 'node_modules', script)
  return (
    spawnSync(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' }).status === 0
  )
}

function say(message: string): void {
  process.stdout.write(`${message}\n`)
}

let passed = 0
let failed = 0
for (const [name, [script, ...args]] of steps) {
  const startedMs = performance.now()
  const isGood = run(script, args)
  if (isGood) passed += 1
  else failed += 1
  const tookS = ((performance.now() - startedMs) / 1000).toFixed(1)
  say(`${isGood ? 'passed' : 'FAILED'}: ${name} (${tookS} s)`)
}

/** Runs tests and reads what became of them. A run that failed although its report is good counts as one stray error. */
function runTests(args: readonly string[]): TestReport | undefined {
  rmSync(reportFile, { force: true })
  const reporters = [
    '--reporter=default',
    `--reporter=${join(import.meta.dirname, 'test-report.ts')}`,
  ]
  const wasGood = run('vitest/vitest.mjs', ['run', ...reporters, ...args])
  const report = readReport(reportFile)
  const isExplained = wasGood || report === undefined || countTests(report).failed > 0
  return isExplained ? report : { ...report, strayErrors: 1 }
}

mkdirSync(reports, { recursive: true })
// Tests start hundreds of engines, all of the same sources.
process.env['NODE_COMPILE_CACHE'] ??= join(reports, 'compiled')
process.env[REPORT_FILE] = reportFile
const asked = process.argv.slice(2)
let report = runTests(asked)
// Whoever asks for some tests sees for himself.
const again = report && asked.length === 0 ? filesToTryAgain(report) : []
if (report && again.length > 0) {
  say(`Once more, with the machine to themselves: ${again.join(', ')}`)
  const second = runTests(['--no-file-parallelism', ...again])
  if (second) report = together(report, second)
}
const tests = countTests(report)
passed += tests.passed
failed += tests.failed
if (tests.skipped > 0) say(`${tests.skipped} tests were skipped`)
if (again.length > 0) say(`had a second try: ${again.join(', ')}`)
process.exitCode = failed === 0 ? 0 : 1
say(`${passed} passed, ${failed} failed`)
