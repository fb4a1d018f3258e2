/**
 * API calls, SIP, timeouts, a database that fails and crashes, in any order: no leg without an end, no money that is
 * not accounted for, no log with a gap. `PROPERTY_RUNS` says how many orders are tried.
 */

import { expect, test } from 'vitest'
import fc from '../../../support/property.ts'
import {
  expectAllEnded,
  expectAllPaid,
  expectNothingLeft,
  expectSoundBooks,
  expectTrunksFree,
  expectWholeLogs,
} from './checks.ts'
import { anySteps, type Step } from './steps.ts'
import { longestCallMs, openWorld, type World } from './world.ts'

const runs = Number(process.env['PROPERTY_RUNS'] ?? 25)
/** Time to make a failing run small is in it. */
const limitMs = Math.max(60_000, runs * 2_000)
/** By itself all is over then: what is put off is put off a few times. */
const patienceMs = 6 * longestCallMs

/** All calls end: because they are told to, or by themselves. */
async function windUp(world: World, isTold: boolean): Promise<void> {
  const { lab, life } = world
  await lab.settle()
  if (isTold) await life.calls.endAll({ is: 'hangup', by: 'api' })
  else {
    for (let ms = 0; ms < patienceMs && life.calls.size > 0; ms += 60_000) {
      await lab.clock.advance(60_000)
    }
  }
  await lab.settle()
  for (const { id, account } of life.calls.conferences.all()) await life.rooms.end(account.id, id)
  await lab.clock.advance(120_000)
}

async function run(steps: readonly Step[], creditMicro: number, isTold: boolean): Promise<void> {
  const world = await openWorld(creditMicro)
  try {
    for (const step of steps) {
      await step.take(world)
      if (step.next === 'later') await expectSoundBooks(world)
    }
    world.life.failing = 0
    await windUp(world, isTold)
    expect({ surprises: world.surprises, faults: world.phones.faults }).toEqual({
      ...{ surprises: [], faults: [] },
    })
    expect(world.life.errors).toEqual([])
    expectNothingLeft(world)
    await expectTrunksFree(world)
    await expectSoundBooks(world)
    await expectAllEnded(world)
    await expectAllPaid(world)
    await expectWholeLogs(world)
  } finally {
    await world.life.kill()
    await world.lab.store.close()
  }
}

test(
  'whatever happens in whatever order: every leg ends, the money adds up, the log has no gap',
  async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const credit = fc.integer({ min: 0, max: 600_000 })
    await fc
      .assert(
        fc.asyncProperty(anySteps, credit, fc.boolean(), async (...given) => {
          await run(...given)
          expect(unhandled).toEqual([])
        }),
        { numRuns: runs, interruptAfterTimeLimit: limitMs - 10_000 },
      )
      .finally(() => process.off('unhandledRejection', note))
  },
  limitMs,
)
