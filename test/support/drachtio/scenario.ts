import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compare, type Difference, judge } from './compare.ts'
import { printFixture, readFixture } from './fixture.ts'
import { generalDifferences } from './general-differences.ts'
import { breaches } from './invariants.ts'
import type { Lanes } from './lanes.ts'
import { forget, normalise } from './normalise.ts'
import { portPlan } from './ports.ts'
import type { Recording } from './recording.ts'
import { Run } from './run.ts'
import { canServe, type ServerNeeds, serverKind } from './server-under-test.ts'
import { sleep } from './sockets.ts'

export interface Spec {
  /** Index into the port plan; no two scenarios share one. */
  readonly slot: number
  /** What the application notices, in this order. */
  readonly outcome?: readonly string[]
  /** What it notices on v0.9.10, where that is not the same. */
  readonly realOutcome?: readonly string[]
  readonly needs?: ServerNeeds
  readonly differs?: readonly Difference[]
  /** Restricts the comparison to these lanes and entries. */
  readonly only?: (lane: string, head: string) => boolean
  /** No recording of the real server to compare with; `because` says why. */
  readonly unrecorded?: string
  /** Invariants that do not hold, by pattern; each with its reason. */
  readonly breaks?: readonly Difference[]
  readonly timeoutMs?: number
}

const dumpFolder = process.env['RINGDOWN_TEST_WIRE_DUMP']

/**
 * Plays a scenario against the server under test and compares what happened with the recording of
 * the real server of the same name.
 */
export function scenario(name: string, spec: Spec, play: (run: Run) => Promise<void>): void {
  const needs = spec.needs ?? {}
  const timeout = serverKind === 'embedded' ? (spec.timeoutMs ?? 100_000) : 300_000
  const sideBySide = serverKind === 'endpoint' ? test : test.concurrent
  const runner = canServe(needs) ? sideBySide : test.skip
  runner(name, { timeout }, async () => {
    const run = await Run.begin(name, portPlan(spec.slot), needs)
    try {
      await Promise.race([play(run), overtime(timeout - 3000)])
    } finally {
      await run.end()
    }
    const recording = run.recorder.recording()
    if (dumpFolder) dump(dumpFolder, name, recording)
    checkOutcome(run.outcome, spec)
    checkInvariants(recording, spec)
    if (!spec.unrecorded) checkAgainstReal(name, recording, spec)
  })
}

/** Only the embedded server is known to be no real one. */
function checkOutcome(outcome: readonly string[], spec: Spec): void {
  if (!spec.outcome) return
  const asReal = serverKind !== 'embedded' && `${outcome}` === `${spec.realOutcome}`
  expect(outcome, 'what the application noticed').toEqual(asReal ? outcome : spec.outcome)
}

async function overtime(ms: number): Promise<never> {
  await sleep(ms)
  throw new Error(`the scenario did not end within ${ms} ms`)
}

function checkInvariants(recording: Recording, spec: Spec): void {
  const verdict = judge(breaches(recording), spec.breaks ?? [])
  expectNone(verdict.wrong, 'breaches of the rules for every recording')
}

function checkAgainstReal(name: string, recording: Recording, spec: Spec): void {
  const only = spec.only ?? (() => true)
  const expected = pick(readFixture(name), only)
  const actual = pick(forget(normalise(recording)), only)
  const rules = [...(spec.differs ?? []), ...generalDifferences]
  const verdict = judge(compare(expected, actual), rules)
  expectNone(verdict.wrong, 'differences from the real server')
  // The real server has no differences to excuse.
  const unused = serverKind === 'embedded' ? verdict.unused : []
  expect(
    unused.map((rule) => `${rule.what}`),
    'excuses that are not needed',
  ).toEqual([])
}

function expectNone(found: readonly string[], what: string): void {
  expect(found, [`${what}:`, ...found].join('\n')).toEqual([])
}

function pick(lanes: Lanes, only: (lane: string, head: string) => boolean): Lanes {
  const out: Lanes = new Map()
  for (const [lane, entries] of lanes) {
    const kept = entries.filter((entry) => only(lane, entry.head))
    if (kept.length > 0) out.set(lane, kept)
  }
  return out
}

function dump(folder: string, name: string, recording: Recording): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.lanes.txt`), printFixture(forget(normalise(recording))))
  const lines = recording.items.map((item) => `${item.atMs.toFixed(3)} ${describe(item)}`)
  writeFileSync(join(folder, `${name}.txt`), lines.join('\n\n'))
}

function describe(item: Recording['items'][number]): string {
  switch (item.kind) {
    case 'frame':
      return `${item.connection} ${item.toServer ? '==>' : '<=='} srv\n${item.payload}`
    case 'sip':
      return `${item.from} --> ${item.to}\n${item.text}`
    case 'closed':
      return `${item.connection} closed by the server`
  }
}
