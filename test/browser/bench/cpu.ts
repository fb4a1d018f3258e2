import { type BenchEngine, startBenchEngine, trunkAddress } from '../../bench/engine.ts'
import { CpuMeter } from '../../bench/process-figures.ts'
import { against, type Bench, type Print, printTable } from '../../bench/report.ts'
import { mediasoupWorkersOf } from '../../support/child-processes.ts'
import { voice } from '../../support/voice.ts'
import { Chromium } from '../support/chromium.ts'
import { Reflector } from './reflector.ts'
import { BenchTab, newDevice } from './tab.ts'

const number = '+61255500001'
const callsPerDevice = 10
/** In percent of a core, for a call between Opus and PCMU. */
const aimPercent = 0.4
const settleMs = 5000

/** Shares of a core. */
interface Used {
  readonly engine: number
  readonly worker: number
  readonly threads: string
}
interface Kind {
  readonly title: string
  readonly toBrowser: boolean
  readonly codec: 'opus' | 'PCMU'
  /** As many as two cores' Chromium makes and takes without falling behind. */
  readonly calls: number
  readonly aimPercent?: number
}
const kinds: readonly Kind[] = [
  {
    ...{ title: 'Opus to PCMU (browser to SIP)', toBrowser: false, codec: 'opus' },
    ...{ calls: 30, aimPercent },
  },
  { title: 'PCMU to PCMU (browser to SIP)', toBrowser: false, codec: 'PCMU', calls: 30 },
  { title: 'Opus to Opus (browser to browser)', toBrowser: true, codec: 'opus', calls: 15 },
]

async function usedWithin({ pid }: BenchEngine, forMs: number): Promise<Used> {
  const [worker] = mediasoupWorkersOf(pid)
  if (worker === undefined) throw new Error('the engine has no mediasoup worker')
  const [engineMeter, workerMeter] = [CpuMeter.start(pid), CpuMeter.start(worker)]
  await new Promise((resolve) => setTimeout(resolve, forMs))
  return {
    engine: engineMeter.share(),
    worker: workerMeter.share(),
    threads: engineMeter.threads(),
  }
}

/** Devices of a tab that speaks all the time. */
async function phones(
  { api }: BenchEngine,
  tab: BenchTab,
  names: readonly string[],
  { codec, accepts }: { readonly codec: string; readonly accepts: boolean },
): Promise<void> {
  await tab.page.evaluate(() => {
    globalThis.benchPage.isDeaf = true
  })
  const says = [...voice('lead'), ...voice('agent')]
  await tab.page.evaluate((samples) => globalThis.benchPage.speak(samples), says)
  for (const name of names) {
    await newDevice(api, name, [codec])
    await tab.register(name, accepts)
  }
}

async function measure(
  engine: BenchEngine,
  chromium: Chromium,
  { toBrowser, codec }: Kind,
  { calls, forMs }: { readonly calls: number; readonly forMs: number },
): Promise<readonly [idle: Used, busy: Used]> {
  const count = Math.ceil(calls / callsPerDevice)
  const id = `${codec.toLowerCase()}${toBrowser ? '-browser' : ''}`
  const named = (side: string) => Array.from({ length: count }, (_, n) => `${side}-${id}-${n}`)
  const called = named('called')
  const from = await BenchTab.open(engine.api, chromium)
  const to = await BenchTab.open(engine.api, chromium)
  await phones(engine, from, named('calling'), { codec, accepts: false })
  if (toBrowser) await phones(engine, to, called, { codec, accepts: true })
  await from.page.waitForTimeout(settleMs)
  const idle = await usedWithin(engine, forMs)
  for (let n = 0; n < calls; n++) {
    const by = Math.floor(n / callsPerDevice)
    await from.connect(toBrowser ? (called[by] ?? '') : number, by)
    await from.opened(n + 1)
  }
  await from.page.waitForTimeout(settleMs)
  const busy = await usedWithin(engine, forMs)
  await from.opened(calls)
  await from.hangUp()
  await from.ended(calls)
  await Promise.all([from.close(), to.close()])
  return [idle, busy]
}

const percent = (share: number): string => `${(100 * share).toFixed(3)} %`

async function run(print: Print, isShort: boolean): Promise<void> {
  const forMs = isShort ? 5000 : 30_000
  const reflector = await Reflector.open(trunkAddress)
  const engine = await startBenchEngine(reflector.port)
  const rows: string[][] = [['of a core, per call', 'engine', 'mediasoup', 'together', 'calls']]
  const notes: string[] = []
  try {
    for (const kind of kinds) {
      const chromium = await Chromium.start()
      try {
        const calls = isShort ? 4 : kind.calls
        const [idle, busy] = await measure(engine, chromium, kind, { calls, forMs })
        const own = (busy.engine - idle.engine) / calls
        const worker = (busy.worker - idle.worker) / calls
        const both = own + worker
        rows.push([kind.title, ...[own, worker, both].map(percent), String(calls)])
        notes.push(`  ${kind.title}: threads with all calls: ${busy.threads}`)
        if (kind.aimPercent !== undefined) {
          notes.push(`    together ${against(100 * both, kind.aimPercent, percent(both), '%')}`)
        }
      } finally {
        await chromium.stop()
      }
    }
  } finally {
    await engine.stop()
    reflector.close()
  }
  printTable(print, rows)
  for (const note of notes) print(note)
  print(
    '  CPU with the calls less CPU without; all sides speak all the time, the SIP peer says back',
  )
}

export const webRtcCpu: Bench = {
  name: 'webrtc-cpu',
  title: 'CPU of the engine and of its mediasoup worker for a call of a browser',
  run,
}
