import { setTimeout as sleep } from 'node:timers/promises'
import { Inspector } from './inspector.ts'
import { rssBytes } from './process-figures.ts'
import { type Bench, inMib, type Print, printTable } from './report.ts'
import { SipRig } from './sip-rig.ts'
import { slopeOf } from './statistics.ts'

const atOnce = 20
/** Transactions linger for 32 s, and a call that nobody answers as long again. */
const lingerMs = 70_000
const aimBytes = 100

interface Sample {
  readonly calls: number
  readonly heaps: ReadonlyMap<string, number>
  readonly rss: number
}

async function idle(rig: SipRig): Promise<string> {
  const deadlineMs = performance.now() + lingerMs
  for (;;) {
    const { connections: _, ...left } = await rig.left()
    const isIdle = Object.values(left).every((count) => count === 0)
    if (isIdle || performance.now() > deadlineMs) return JSON.stringify(left)
    await sleep(500)
  }
}

async function sampled(rig: SipRig, inspector: Inspector, calls: number): Promise<Sample> {
  await sleep(1_000)
  const heaps = await inspector.heaps()
  const sizes = new Map(heaps.map(({ thread, usedBytes }) => [thread, usedBytes]))
  return { calls, heaps: sizes, rss: rssBytes(rig.side.pid) }
}

type Ends = Record<string, number>

const add = (sum: Ends, more: Ends): void => {
  for (const [end, count] of Object.entries(more)) sum[end] = (sum[end] ?? 0) + count
}

/** As many inbound as outbound calls, side by side. */
async function both(rig: SipRig, calls: number, ends: { in: Ends; out: Ends }): Promise<void> {
  const [inbound, outbound] = await Promise.all([
    rig.phones.ask<Ends>({ is: 'allWays', calls: calls / 2, atOnce }),
    rig.side.ask<Ends>({ is: 'callOut', calls: calls / 2, atOnce }),
  ])
  add(ends.in, inbound)
  add(ends.out, outbound)
}

const told = (ends: Ends): string =>
  Object.entries(ends)
    .map(([end, count]) => `${count} ${end}`)
    .join(', ')

function printSamples(print: Print, samples: readonly Sample[]): void {
  const threads = [...(samples[0]?.heaps.keys() ?? [])]
  printTable(print, [
    ['after', ...threads.map((thread) => `heap ${thread}`), 'RSS'],
    ...samples.map(({ calls, heaps, rss }) => [
      `${calls} calls`,
      ...threads.map((thread) => inMib(heaps.get(thread) ?? Number.NaN)),
      inMib(rss),
    ]),
  ])
  for (const thread of threads) {
    const slope = slopeOf(
      samples.slice(1).map(({ calls, heaps }) => [calls, heaps.get(thread) ?? Number.NaN]),
    )
    const verdict = slope <= aimBytes ? 'flat' : 'GROWS'
    print(`  ${thread}: ${slope.toFixed(0)} bytes a call (aim <= ${aimBytes}: ${verdict})`)
  }
}

/** Calls in and out through SIP server and application, which end in every way; heaps after collection. */
async function run(print: Print, isShort: boolean): Promise<void> {
  const total = isShort ? 180 : 20_000
  // the first warms up what is made once, and is not counted
  const steps = isShort ? 3 : 5
  const rig = await SipRig.start({ execArgv: ['--inspect=127.0.0.1:0'], traceBytes: 65_536 })
  try {
    const inspector = await Inspector.attach(rig.side)
    const ends = { in: {}, out: {} }
    const samples: Sample[] = []
    let left = ''
    for (let step = 1; step <= steps; step++) {
      await both(rig, total / steps, ends)
      left = await idle(rig)
      samples.push(await sampled(rig, inspector, (step * total) / steps))
    }
    printSamples(print, samples)
    print(`  inbound: ${told(ends.in)}`)
    print(`  outbound: ${told(ends.out)}`)
    print(`  left: ${left}`)
    inspector.close()
  } finally {
    await rig.stop()
  }
}

export const sipLeaks: Bench = {
  name: 'leaks',
  title: 'What 20,000 short calls leave in the heaps of SIP server and application',
  run,
}
