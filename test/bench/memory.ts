import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ScriptedCall } from '../support/scripted-call.ts'
import { phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'
import { type CallTo, callsSideBySide, failuresOf } from './call-load.ts'
import { type BenchEngine, created, startBenchEngine, trunkAddress } from './engine.ts'
import { Inspector, inspectable } from './inspector.ts'
import { rssBytes } from './process-figures.ts'
import { type Bench, inKib, inMib, inPercent, type Print, printTable } from './report.ts'
import { slopeOf } from './statistics.ts'

const called = '+61290000002'
const caller = '+61255500001'
const settleMs = 2_000
/** Transactions linger for 32 s (RFC 3261's timers B, F, H and J); more than that is not waited for. */
const lingerMs = 40_000
const audioPort = 9
/** Growth from the middle to the end that still counts as flat. */
const flatShare = 0.05

interface Sample {
  readonly label: string
  readonly x: number
  readonly rss: number
  readonly databaseBytes: number
  /** Of each thread, after a full collection. */
  readonly heaps: ReadonlyMap<string, number>
}

async function sampled(
  engine: BenchEngine,
  inspector: Inspector,
  label: string,
  x: number,
): Promise<Sample> {
  await sleep(settleMs)
  const heaps = await inspector.heaps()
  await sleep(500)
  return {
    label,
    x,
    rss: rssBytes(engine.pid),
    databaseBytes: statSync(join(engine.api.dataDir, 'ringdown.db')).size,
    heaps: new Map(heaps.map(({ thread, usedBytes }) => [thread, usedBytes])),
  }
}

/** Until no SIP transaction is left, so that what is seen is not only what was there last. */
async function quiet(engine: BenchEngine): Promise<void> {
  const deadlineMs = performance.now() + lingerMs
  while (performance.now() < deadlineMs && (await engine.metric('ringdown_sip_transactions')) > 0) {
    await sleep(500)
  }
}

function printSamples(print: Print, samples: readonly Sample[]): void {
  const threads = [...(samples[0]?.heaps.keys() ?? [])]
  printTable(print, [
    ['', 'RSS', 'database', ...threads.map((thread) => `heap ${thread}`)],
    ...samples.map(({ label, rss, databaseBytes, heaps }) => [
      label,
      inMib(rss),
      inMib(databaseBytes),
      ...threads.map((thread) => inMib(heaps.get(thread) ?? Number.NaN)),
    ]),
  ])
}

const heapOf = ({ heaps }: Sample): number =>
  [...heaps.values()].reduce((sum, bytes) => sum + bytes, 0)

/** Calls that stay up: what one more takes. */
async function perCall(
  print: Print,
  engine: BenchEngine,
  inspector: Inspector,
  phone: ScriptedPhone,
): Promise<void> {
  const calls: ScriptedCall[] = []
  const samples = [await sampled(engine, inspector, 'no call up', 0)]
  for (const wanted of [100, 200]) {
    while (calls.length < wanted) {
      const call = phone.call(engine.sip, called, caller, phoneSdp(phone.address, audioPort))
      const status = await call.answered
      if (status !== 200) throw new Error(`call ${calls.length} was answered with ${status}`)
      calls.push(call)
    }
    samples.push(await sampled(engine, inspector, `${wanted} calls up`, wanted))
  }
  for (const call of calls) call.bye()
  await Promise.all(calls.map((call) => call.ended))
  samples.push(await sampled(engine, inspector, 'all of them over', 0))
  printSamples(print, samples)
  const slope = (of: (sample: Sample) => number) =>
    inKib(slopeOf(samples.slice(0, 3).map((sample) => [sample.x, of(sample)])))
  print(`  per call: RSS ${slope(({ rss }) => rss)}, heaps ${slope(heapOf)}`)
}

/** Calls that come and go: what stays. */
async function afterMany(
  print: Print,
  engine: BenchEngine,
  inspector: Inspector,
  phone: ScriptedPhone,
  total: number,
): Promise<void> {
  const to: CallTo = { phone, server: engine.sip, user: called, from: caller, holdMs: 20 }
  await quiet(engine)
  const samples = [await sampled(engine, inspector, 'before', 0)]
  const steps = 2
  let seconds = 0
  let failures = ''
  for (let step = 1; step <= steps; step++) {
    const result = await callsSideBySide(to, 10, (begun) => begun < total / steps)
    seconds += result.elapsedMs / 1000
    if (result.failed.size > 0) failures += `; ${failuresOf(result)}`
    await quiet(engine)
    const done = (step * total) / steps
    samples.push(await sampled(engine, inspector, `after ${done} calls`, done))
  }
  printSamples(print, samples)
  print(`  ${total} calls, ten side by side: ${(total / seconds).toFixed(1)} a second${failures}`)
  printGrowth(print, samples[1]!, samples[2]!, total / 2)
}

/** How much more there is at the end. */
function printGrowth(print: Print, middle: Sample, end: Sample, calls: number): void {
  const told = (growth: number, of: number) =>
    `${inPercent(growth / of)}, ${inKib(growth / calls)} a call: ` +
    `${growth / of <= flatShare ? 'flat' : 'GROWS'}`
  print(`  growth from the middle to the end, of ${inPercent(flatShare)} that count as flat:`)
  print(`    heaps  ${told(heapOf(end) - heapOf(middle), heapOf(middle))}`)
  print(`    RSS    ${told(end.rss - middle.rss, middle.rss)}`)
}

/** Inbound calls by SIP to a number that answers; heaps are read after a forced collection. */
async function run(print: Print, isShort: boolean): Promise<void> {
  const phone = await ScriptedPhone.open({ address: trunkAddress })
  // its calls are silent, and some are looked at for longer than a minute
  const engine = await startBenchEngine(phone.port, { ...inspectable, RINGDOWN_MEDIA_END_S: '0' })
  try {
    const verbs = [{ verb: 'answer' }, { verb: 'pause', length: 600 }]
    await created(engine.api, '/v1/voice/numbers', { number: called, route: { verbs } })
    const inspector = await Inspector.attach(engine.api)
    await callsSideBySide(
      { phone, server: engine.sip, user: called, from: caller, holdMs: 0 },
      5,
      (begun) => begun < 200,
    )
    await perCall(print, engine, inspector, phone)
    await afterMany(print, engine, inspector, phone, isShort ? 400 : 10_000)
    inspector.close()
  } finally {
    await engine.stop()
    phone.close()
  }
}

export const memory: Bench = {
  name: 'memory',
  title: 'Memory of a call, and after many calls',
  run,
}
