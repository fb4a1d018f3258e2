import { load } from './conditions.ts'
import { CpuMeter } from './process-figures.ts'
import { type Bench, inMs, inPercent, type Print } from './report.ts'
import { SipRig } from './sip-rig.ts'
import { summaryOf } from './statistics.ts'

const aimPerSecond = 300
const withinMs = 50
const stepS = 5
const rounds = 3
const rates = [50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 600]
/** Of the rate asked for, and of calls that are answered: less is not held. */
const heldShare = 0.99

interface Asked {
  readonly completed: number
  readonly failed: readonly (readonly [status: number, count: number])[]
  readonly setupMs: readonly number[]
  readonly elapsedMs: number
  readonly repeated: number
}

interface Step {
  readonly held: boolean
  readonly cpuMs: number
}

async function step(print: Print, rig: SipRig, perSecond: number, seconds: number): Promise<Step> {
  const [side, phones] = [CpuMeter.start(rig.side.pid), CpuMeter.start(rig.phones.pid)]
  const result = await rig.phones.ask<Asked>({ is: 'rate', perSecond, seconds })
  const { p50, p95, p99 } = summaryOf(result.setupMs)
  const cpuMs = side.usedMs() / result.completed
  const done = result.completed / (perSecond * seconds)
  const held = p95 < withinMs && done >= heldShare
  const failed = result.failed.map(([status, count]) => `, ${count} failed with ${status}`).join('')
  print(
    `    ${String(perSecond).padStart(3)}/s: ${result.completed} complete${failed}; ` +
      `setup p50 ${inMs(p50)}, p95 ${inMs(p95)}, p99 ${inMs(p99)}; CPU ${inMs(cpuMs)} a call, ` +
      `SIP ${inPercent(side.share())}, phones ${inPercent(phones.share())}${held ? '' : '  NOT HELD'}`,
  )
  return { held, cpuMs }
}

interface Climb {
  /** The highest rate that was held. */
  readonly knee: number
  /** Lower ones that were not: something else had the core. */
  readonly missedBelow: number
  readonly cpuMs: number
}

/** Up the rates until two in a row are not held. */
async function climb(print: Print, rig: SipRig, isShort: boolean): Promise<Climb> {
  let knee = 0
  let missed = 0
  let missedBelow = 0
  const costs: number[] = []
  for (const rate of isShort ? [50, 100] : rates) {
    const { held, cpuMs } = await step(print, rig, rate, isShort ? 1 : stepS)
    if (held) {
      knee = rate
      missedBelow += missed
      costs.push(cpuMs)
    }
    missed = held ? 0 : missed + 1
    if (missed === 2) break
  }
  return { knee, missedBelow, cpuMs: summaryOf(costs).p50 }
}

/** INVITE, 180, 200, ACK, BYE, 200 over UDP through the server and the SIP application, both on one core. */
async function run(print: Print, isShort: boolean): Promise<void> {
  print('  core 0: SIP server (thread) and SIP application, with guard, bans and trace, no media;')
  print(
    '  core 1: the phones, a process of their own. Both cores are shared with the rest of the load.',
  )
  const rig = await SipRig.start()
  try {
    await rig.phones.ask({ is: 'rate', perSecond: isShort ? 50 : 200, seconds: isShort ? 1 : 10 })
    for (let round = 1; round <= (isShort ? 1 : rounds); round++) {
      print(`  round ${round} (load ${load()})`)
      const { knee, missedBelow, cpuMs } = await climb(print, rig, isShort)
      print(
        `    knee: ${knee} calls a second at p95 under ${withinMs} ms ` +
          (isShort
            ? 'was tried'
            : `(aim >= ${aimPerSecond}: ${knee >= aimPerSecond ? 'reached' : 'MISSED'})`),
      )
      if (missedBelow > 0) print(`    (below it ${missedBelow} not held: see the load)`)
      print(
        `    CPU of a call ${inMs(cpuMs)}, median of the steps that held: ` +
          `one core is full at ${(1000 / cpuMs).toFixed(0)} a second`,
      )
    }
  } finally {
    await rig.stop()
  }
}

export const sipKnee: Bench = {
  name: 'knee',
  title: 'Calls a second through SIP server and application on one core, p95 under 50 ms',
  run,
}
