import { type BenchEngine, startBenchEngine } from '../../bench/engine.ts'
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
import { eventually } from '../../support/engine-process.ts'
import { toneOf } from '../../support/tone-times.ts'
import { Chromium } from '../support/chromium.ts'
import { BenchTab, newDevice } from './tab.ts'

const toneHz = 1500
const aimMs = 300
/** A user needs some time to answer; the call has settled by then. */
const untilAcceptedMs = 500

interface Times {
  readonly ringingMs: number
  readonly heardMs: number
}

/** One call, `n`th of both tabs; `aheadMs`: how far the called page's clock is ahead of the caller's. */
async function call(from: BenchTab, to: BenchTab, n: number, aheadMs: number): Promise<Times> {
  const clickedAtMs = await from.connect('callee')
  const incomingAtMs = await eventually(
    () => to.page.evaluate((at) => globalThis.benchPage.incomingAtMs[at], n),
    (at) => at !== undefined,
  )
  await to.page.waitForTimeout(untilAcceptedMs)
  const acceptedAtMs = await to.accept()
  const heardAtMs = await eventually(
    () => from.page.evaluate(() => globalThis.benchPage.heardAtMs),
    (at) => at !== undefined,
  )
  await from.hangUp()
  await Promise.all([from.ended(n + 1), to.ended(n + 1)])
  return {
    ringingMs: (incomingAtMs ?? Number.NaN) - aheadMs - clickedAtMs,
    heardMs: (heardAtMs ?? Number.NaN) + aheadMs - acceptedAtMs,
  }
}

async function measure(
  engine: BenchEngine,
  browsers: readonly [Chromium, Chromium],
  calls: number,
  print: Print,
): Promise<void> {
  const { api } = engine
  for (const name of ['caller', 'callee']) await newDevice(api, name, ['opus', 'PCMU'])
  const [from, to] = [await BenchTab.open(api, browsers[0]), await BenchTab.open(api, browsers[1])]
  await from.register('caller')
  await to.register('callee')
  await from.page.evaluate((hz) => globalThis.benchPage.watchFor(hz), toneHz)
  const times: Times[] = []
  for (let n = 0; n < calls; n++) {
    // The clocks drift apart; so they are compared each time.
    const aheadMs = (await to.clockAheadMs()) - (await from.clockAheadMs())
    times.push(await call(from, to, n, aheadMs))
  }
  const ringing = summaryOf(times.map(({ ringingMs }) => ringingMs))
  const heard = summaryOf(times.map(({ heardMs }) => heardMs))
  printTable(print, [
    [...delayHeading],
    delayRow("connect() to the other device's `incoming`", ringing),
    delayRow('accept() to first audio at the caller', heard),
  ])
  print(`  ringing, p95 ${against(ringing.p95, aimMs, inMs(ringing.p95))}`)
  print(`  first audio, p95 ${against(heard.p95, aimMs, inMs(heard.p95))}`)
  print('  both ends in Chromium, a process each; opening their (fake) microphones is part of it')
  print(
    '  audio is looked at in blocks of 5.3 ms; clocks of the pages are compared before each call',
  )
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const engine = await startBenchEngine(1)
  const browsers: Chromium[] = []
  try {
    browsers.push(await Chromium.start())
    browsers.push(await Chromium.start({ voice: toneOf(toneHz, 60) }))
    const [from, to] = browsers
    if (from && to) await measure(engine, [from, to], isShort ? 5 : 50, print)
  } finally {
    await Promise.all(browsers.map((browser) => browser.stop()))
    await engine.stop()
  }
}

export const webRtcSetup: Bench = {
  name: 'webrtc-setup',
  title: 'from click to ringing, and from answer to first audio, browser to browser',
  run,
}
