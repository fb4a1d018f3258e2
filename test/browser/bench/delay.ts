import { type BenchEngine, startBenchEngine, trunkAddress } from '../../bench/engine.ts'
import {
  against,
  type Bench,
  delayHeading,
  delayRow,
  inMs,
  type Print,
  printTable,
} from '../../bench/report.ts'
import { summaryOf } from '../../bench/statistics.ts'
import { Chromium } from '../support/chromium.ts'
import { Reflector } from './reflector.ts'
import { BenchTab, newDevice } from './tab.ts'

const number = '+61255500001'
const aimMs = 60
/** Jitter buffers, ours and the browser's, have found their size by then. */
const settleMs = 4000
const measureMs = 5000
/** How a browser names a codec, and how a device does. */
const kinds = [
  { sdpName: 'opus', codec: 'opus', title: 'Opus in the browser, PCMU on the SIP side' },
  { sdpName: 'PCMU', codec: 'PCMU', title: 'PCMU on both sides (passed through)' },
] as const
type Kind = (typeof kinds)[number]

interface Delays {
  readonly own: number[]
  readonly call: number[]
}

/** Streams in a browser keep whatever delay they began with: so both are begun anew, again and again, in turn. */
async function delaysOf(tab: BenchTab, { sdpName }: Kind, rounds: number): Promise<Delays> {
  const { page } = tab
  const found: Delays = { own: [], call: [] }
  const measure = async (of: keyof Delays): Promise<void> => {
    await page.waitForTimeout(settleMs)
    const some = await page.evaluate(([what, ms]) => globalThis.benchPage.delaysMs(what, ms), [
      of,
      measureMs,
    ] as const)
    found[of].push(...some)
  }
  for (let round = 1; round <= rounds; round++) {
    await page.evaluate((name) => globalThis.benchPage.openOwn(name), sdpName)
    await measure('own')
    await page.evaluate(() => globalThis.benchPage.closeOwn())
    await tab.connect(number)
    await tab.opened(1)
    await measure('call')
    await tab.hangUp()
    await tab.ended(round)
  }
  return found
}

async function measureKind({ api }: BenchEngine, kind: Kind, rounds: number): Promise<Delays> {
  const chromium = await Chromium.start()
  try {
    const tab = await BenchTab.open(api, chromium)
    await tab.page.evaluate(() => globalThis.benchPage.click())
    const user = `delay-${kind.codec.toLowerCase()}`
    await newDevice(api, user, [kind.codec])
    await tab.register(user)
    return await delaysOf(tab, kind, rounds)
  } finally {
    await chromium.stop()
  }
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const reflector = await Reflector.open(trunkAddress)
  const engine = await startBenchEngine(reflector.port)
  const rows: string[][] = [[...delayHeading]]
  const verdicts: string[] = []
  try {
    for (const kind of kinds) {
      const { own, call } = await measureKind(engine, kind, isShort ? 1 : 8)
      const [ownMs, callMs] = [summaryOf(own), summaryOf(call)]
      rows.push(
        [kind.title],
        delayRow('  browser, engine, SIP peer and back', callMs),
        delayRow('  browser to itself', ownMs),
      )
      const [p50, p95] = [callMs.p50 - ownMs.p50, callMs.p95 - ownMs.p50]
      verdicts.push(
        `  ${kind.title}, added:`,
        `    there and back: p50 ${inMs(p50)}, p95 ${inMs(p95)}`,
        `    a direction, half of that: p50 ${inMs(p50 / 2)}, p95 ${against(p95 / 2, aimMs, inMs(p95 / 2))}`,
      )
    }
  } finally {
    await engine.stop()
    reflector.close()
  }
  printTable(print, rows)
  for (const verdict of verdicts) print(verdict)
  print(
    '  by cross-correlation of clicks in the page; added: less the p50 of the browser to itself',
  )
}

export const webRtcDelay: Bench = {
  name: 'webrtc-delay',
  title: 'audio delay that the engine adds between a browser and a SIP peer',
  run,
}
