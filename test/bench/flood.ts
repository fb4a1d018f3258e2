import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Login, register } from '../loop/sip/support/caller.ts'
import { type EngineProcess, type Json, startEngine } from '../support/engine-process.ts'
import { goodCall } from '../support/good-caller.ts'
import { peerAt } from '../support/loopback-peer.ts'
import { created } from './engine.ts'
import { against, type Bench, inMib, inMs, type Print } from './report.ts'
import { summaryOf } from './statistics.ts'

const callee = '+61255550177'
const perSecond = 5000
const everyMs = 500
const settleMs = 10_000
const flooder = resolve(import.meta.dirname, '../support/flood-child.ts')
const run = promisify(execFile)

const rssOf = (pid: number): number => {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

interface Served {
  readonly setupMs: number[]
  failed: number
  peakBytes: number
}

/** A registered phone calls twice a second until it is told to stop. */
async function serve(engine: EngineProcess, login: Login, stop: AbortSignal): Promise<Served> {
  const served: Served = { setupMs: [], failed: 0, peakBytes: 0 }
  const phone = await peerAt('127.0.0.5', engine.sipPort)
  await register(phone, engine.sipPort, login)
  while (!stop.aborted) {
    const begunMs = performance.now()
    try {
      const { status, setupMs } = await goodCall(phone, engine.sipPort, login, callee)
      if (status === 200) served.setupMs.push(setupMs)
      else served.failed++
    } catch {
      served.failed++
    }
    served.peakBytes = Math.max(served.peakBytes, rssOf(engine.process.pid ?? 0))
    await sleep(Math.max(0, begunMs + everyMs - performance.now()))
  }
  phone.close()
  return served
}

async function during(
  engine: EngineProcess,
  login: Login,
  work: () => Promise<unknown>,
): Promise<Served> {
  const stop = new AbortController()
  const served = serve(engine, login, stop.signal)
  await work()
  stop.abort()
  return served
}

const told = (print: Print, when: string, { setupMs, failed }: Served): number => {
  const { count, p50, p95, max } = summaryOf(setupMs)
  print(`  ${when}: ${count} calls, ${failed} failed, setup p50 ${inMs(p50)}, max ${inMs(max)}`)
  print(`    ${against(p95, 500, `setup p95 ${inMs(p95)}`)}`)
  return p95
}

async function floodFrom(print: Print, sources: number, seconds: number): Promise<void> {
  const engine = await startEngine({ RINGDOWN_NEVER_BAN: '192.0.2.1', RINGDOWN_LOG_LEVEL: 'warn' })
  try {
    const verbs = [{ verb: 'answer' }, { verb: 'pause', length: 60 }]
    await created(engine, '/v1/voice/numbers', { number: callee, route: { verbs } })
    const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
    const login = logins.devices.find((device: Json) => device.username === '1001')
    print(`  ${perSecond} requests/s of eight methods from ${sources} address(es), ${seconds} s`)
    told(print, 'before', await during(engine, login, () => sleep(5000)))
    const before = rssOf(engine.process.pid ?? 0)
    let sent = 0
    const served = await during(engine, login, async () => {
      const args = [flooder, engine.sipPort, sources, perSecond, seconds].map(String)
      sent = Number((await run(process.execPath, args)).stdout)
    })
    told(print, `during, ${(sent / seconds).toFixed(0)} requests/s sent`, served)
    const grown = served.peakBytes - before
    print(`    ${against(grown / 2 ** 20, 100, `memory +${inMib(grown)}`, 'MiB')}`)
    const after = await during(engine, login, () => sleep(settleMs))
    told(print, 'within 10 s after', after)
    const text = String((await engine.get('/metrics')).body)
    for (const name of ['rate_limited', 'dropped', 'transactions', 'faults']) {
      print(`    ${name} ${new RegExp(`^ringdown_sip_${name} (\\d+)`, 'm').exec(text)?.[1] ?? '?'}`)
    }
  } finally {
    await engine.stop()
    engine.removeData()
  }
}

export const flood: Bench = {
  name: 'flood',
  title: 'a phone calls while strangers flood the server with requests',
  async run(print, isShort) {
    for (const sources of [1, 250]) await floodFrom(print, sources, isShort ? 10 : 60)
  },
}
