import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ha1Md5, ha1Sha256 } from '../../engine/core/digest.ts'
import type { DeviceId } from '../../engine/core/ids.ts'
import { openStore } from '../../engine/store/index.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { Inspector, inspectable } from './inspector.ts'
import { CpuMeter, rssBytes } from './process-figures.ts'
import { RegisteringPhones } from './registering-phones.ts'
import { against, type Bench, inKib, inMs, inPercent, type Print } from './report.ts'
import { summaryOf } from './statistics.ts'

const sipPort = 9_695
const realm = 'ringdown'
const password = 'bench-password'
const sockets = 200
/** REGISTERs under way at once. */
const atOnce = 64
const aimPerSecond = 2_000
const aimBytes = 4_096
const settleMs = 2_000
/** SIP transactions linger that long (RFC 3261, timer J). */
const lingerMs = 34_000

const settings = {
  RINGDOWN_SIP_PORT: String(sipPort),
  RINGDOWN_SIP_HOST: '127.0.0.1',
  RINGDOWN_LAB: 'off',
  RINGDOWN_LOG_LEVEL: 'warn',
}

/** An engine whose first account has that many devices. */
async function engineWith(usernames: readonly string[]): Promise<EngineProcess> {
  const first = await startEngine(settings)
  await first.stop()
  const path = join(first.dataDir, 'ringdown.db')
  const store = await openStore({ path, clock: { nowMs: () => Date.now() } })
  const account = await store.accounts.first()
  if (!account) throw new Error('the first start made no account')
  for (const username of usernames) {
    await store.devices.insert({
      id: randomUUID() as DeviceId,
      accountId: account.id,
      username,
      name: username,
      ha1Md5: ha1Md5(username, realm, password),
      ha1Sha256: ha1Sha256(username, realm, password),
      createdAtMs: Date.now(),
    })
  }
  await store.close()
  return startEngine({ ...settings, NODE_OPTIONS: nodeOptions() }, first.dataDir)
}

const profile = process.env['BENCH_PROFILE']
const nodeOptions = (): string =>
  inspectable.NODE_OPTIONS + (profile === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${profile}`)

/** All phones once, so many side by side. */
async function all(phones: RegisteringPhones): Promise<number[]> {
  const tookMs: number[] = []
  let next = 0
  const one = async (): Promise<void> => {
    while (next < phones.size) tookMs.push(await phones.register(next++))
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return tookMs
}

/** Each phone once within that time, evenly. */
async function evenly(phones: RegisteringPhones, withinMs: number): Promise<number[]> {
  const startMs = performance.now()
  const under: Promise<number>[] = []
  for (let n = 0; n < phones.size; n++) {
    const dueMs = startMs + (n * withinMs) / phones.size
    const waitMs = dueMs - performance.now()
    if (waitMs > 1) await sleep(waitMs)
    under.push(phones.register(n))
  }
  return Promise.all(under)
}

async function measured(
  print: Print,
  name: string,
  pid: number,
  run: () => Promise<number[]>,
): Promise<void> {
  const meter = CpuMeter.start(pid)
  const own = CpuMeter.start(process.pid)
  const startMs = performance.now()
  const tookMs = await run()
  const elapsedS = (performance.now() - startMs) / 1000
  const [usedMs, share, ownShare] = [meter.usedMs(), meter.share(), own.share()]
  const threads = meter.threads(3)
  const good = tookMs.filter((ms) => !Number.isNaN(ms))
  const { p50, p95, p99 } = summaryOf(good)
  const perCore = (1000 * good.length) / usedMs
  print(`  ${name}: ${good.length} of ${tookMs.length} in ${elapsedS.toFixed(1)} s`)
  print(
    `    ${(good.length / elapsedS).toFixed(0)} a second, ${inMs(usedMs / good.length)} CPU each: ` +
      `${perCore.toFixed(0)} a second on one core (aim >= ${aimPerSecond}: ${perCore >= aimPerSecond ? 'reached' : 'MISSED'})`,
  )
  print(`    until 200: p50 ${inMs(p50)}, p95 ${inMs(p95)}, p99 ${inMs(p99)}`)
  print(
    `    CPU shares of a core: engine ${inPercent(share)} (${threads}), phones ${inPercent(ownShare)}`,
  )
}

async function memoryOf(engine: EngineProcess, inspector: Inspector) {
  const heaps = await inspector.heaps()
  await sleep(settleMs)
  const heap = heaps.reduce((sum, { usedBytes }) => sum + usedBytes, 0)
  return { heap, rss: rssBytes(engine.process.pid!) }
}

/** REGISTER, 401, REGISTER with MD5, 200 over UDP: server, application and database of a whole engine. */
async function run(print: Print, isShort: boolean): Promise<void> {
  const count = isShort ? 500 : 10_000
  const usernames = Array.from({ length: count }, (_, i) => `d${String(i).padStart(5, '0')}`)
  const engine = await engineWith(usernames)
  const server = { address: '127.0.0.1', port: sipPort }
  const phones = await RegisteringPhones.open(server, usernames, password, realm, sockets)
  const pid = engine.process.pid!
  try {
    const inspector = await Inspector.attach(engine)
    const before = await memoryOf(engine, inspector)
    await measured(print, `${count} phones register`, pid, () => all(phones))
    await measured(print, `${count} refresh with the nonce that they have`, pid, () => all(phones))
    await sleep(isShort ? settleMs : lingerMs)
    const after = await memoryOf(engine, inspector)
    const each = (after.heap - before.heap) / count
    print(`  ${against(each, aimBytes, `memory of a registration: heaps ${inKib(each)}`, 'bytes')}`)
    print(
      `    RSS ${inKib((after.rss - before.rss) / count)} each, with what was in use for a while`,
    )
    inspector.close()
    const withinMs = isShort ? 3_000 : 60_000
    const asked = phones.pings
    await measured(print, `${count} refresh once within ${withinMs / 1000} s`, pid, () =>
      evenly(phones, withinMs),
    )
    print(`    besides, ${phones.pings - asked} OPTIONS to them were answered`)
  } finally {
    phones.close()
    await engine.stop()
    engine.removeData()
  }
}

export const registrations: Bench = {
  name: 'registrations',
  title: 'Registrations with digest a second, their memory, 10,000 phones that refresh',
  run,
}
