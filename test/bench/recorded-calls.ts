import { eventually } from '../support/engine-process.ts'
import { withBridges } from './bridges.ts'
import type { BenchEngine } from './engine.ts'
import { CpuMeter } from './process-figures.ts'
import {
  against,
  type Bench,
  delayHeading,
  delayRow,
  inMs,
  inPercent,
  type Print,
  printTable,
} from './report.ts'

const warmUpMs = 3_000

/** Many calls at once: what they cost, and whether every packet gets through in time. */
async function run(print: Print, isShort: boolean): Promise<void> {
  const bridges = isShort ? 20 : 100
  const seconds = isShort ? 5 : 60
  const options = { bridges, record: true, payloadTypes: [0, 0], method: 'stamp' } as const
  await withBridges(options, async ({ engine, generator }) => {
    let meter: CpuMeter | undefined
    const talked = await generator.talk(warmUpMs, seconds * 1000, () => {
      meter = CpuMeter.start(engine.pid)
    })
    const share = meter?.share() ?? Number.NaN
    const threads = meter?.threads() ?? ''
    const media = (name: string) => engine.metric(`ringdown_media_${name}`)
    const lateP99Ms = 1000 * (await media('tick_late_p99_seconds'))
    const lateMaxMs = 1000 * (await media('tick_late_max_seconds'))
    const lengthP99Ms = 1000 * (await media('tick_duration_p99_seconds'))
    const lost = talked.sent - talked.received
    print(`  ${bridges} calls of two PCMU legs, bridged and recorded in stereo, ${seconds} s`)
    print(
      `  CPU of the engine     ${inPercent(share)} of a core, ${inPercent(share / bridges)} a call`,
    )
    print(`    by thread           ${threads}`)
    print(
      `  tick lateness p99     ${against(lateP99Ms, 5, inMs(lateP99Ms))}, max ${inMs(lateMaxMs)}`,
    )
    print(`    skipped ${await media('ticks_skipped')}, length of ticks p99 ${inMs(lengthP99Ms)}`)
    print(`  packets, end to end   ${against(lost, 0, `${lost} lost`, 'lost')}`)
    print(`    sent ${talked.sent}, received ${talked.received}, gaps ${talked.missing}`)
    print(`    engine missed       ${await media('packets_lost')}`)
    printTable(print, [
      [...delayHeading],
      delayRow('delay through the bridge', talked.delayMs),
      delayRow('generator late by', talked.lateMs),
    ])
    print(`  CPU of the generator  ${inPercent(talked.cpu)} of a core`)
    await generator.hangUp()
    print(`  recordings completed  ${await recorded(engine, bridges)}`)
  })
}

/** The recordings that are whole in the end, and how long they are. */
async function recorded({ api }: BenchEngine, wanted: number): Promise<string> {
  const list = await eventually(
    async () => (await api.get('/v1/voice/recordings?status=completed&page_size=100')).body,
    ({ total }) => total >= wanted,
  )
  const durations: number[] = list.recordings.map(({ duration }: { duration: number }) => duration)
  return `${list.total}, of ${Math.min(...durations)} to ${Math.max(...durations)} s`
}

export const recordedCalls: Bench = {
  name: 'calls',
  title: 'Bridged and recorded calls at once',
  run,
}
