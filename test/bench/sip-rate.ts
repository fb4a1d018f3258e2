import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { ScriptedPhone } from '../support/scripted-phone.ts'
import {
  type CallTo,
  callsAtRate,
  callsSideBySide,
  failuresOf,
  type LoadResult,
} from './call-load.ts'
import { CpuMeter } from './process-figures.ts'
import { type Bench, inMs, inPercent, type Print } from './report.ts'
import { summaryOf } from './statistics.ts'

const sipPort = 9_698
const controlPort = 9_699
const secret = 'bench'
const profile = process.env['BENCH_PROFILE']
const execArgv = [
  '--disable-warning=ExperimentalWarning',
  ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
]

async function startServer(): Promise<ChildProcess> {
  const args = ['--contact', `sip:127.0.0.1:${sipPort};transport=udp`, '--address', '127.0.0.1']
  args.push('--port', String(controlPort), '--secret', secret)
  const server = fork(new URL('../../engine/sip-server/standalone.ts', import.meta.url), args, {
    execArgv,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  await Promise.race([
    once(server.stdout!, 'data'),
    once(server, 'exit').then(() => Promise.reject(new Error('the SIP server did not start'))),
  ])
  return server
}

async function startApplication(): Promise<ChildProcess> {
  const app = fork(new URL('./answering-app.ts', import.meta.url), [String(controlPort), secret], {
    execArgv,
  })
  const [said] = await once(app, 'message')
  if (said !== 'connected') throw new Error(String(said))
  return app
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** Measures one way of loading, and says what it took of whom. */
async function measured(
  print: Print,
  pids: { readonly server: number; readonly app: number },
  name: string,
  load: () => Promise<LoadResult>,
): Promise<void> {
  const [server, app, own] = [pids.server, pids.app, process.pid].map((pid) => CpuMeter.start(pid))
  const result = await load()
  const perSecond = result.completed / (result.elapsedMs / 1000)
  const [serverMs, appMs] = [server!.usedMs(), app!.usedMs()].map((ms) => ms / result.completed)
  const { p50, p95, p99 } = summaryOf(result.setupMs)
  print(`  ${name}: ${perSecond.toFixed(1)} complete calls a second (${failuresOf(result)})`)
  print(`    setup (INVITE to 200)  p50 ${inMs(p50)}, p95 ${inMs(p95)}, p99 ${inMs(p99)}`)
  print(
    `    CPU shares of a core   SIP server ${inPercent(server!.share())}, ` +
      `application ${inPercent(app!.share())}, load generator ${inPercent(own!.share())}`,
  )
  const rate = (ms: number) => (1000 / ms).toFixed(0)
  const verdict = 1000 / (serverMs! + appMs!) >= 100 ? 'reached' : 'MISSED'
  print(
    `    CPU of a call          SIP server ${inMs(serverMs!)}, application ${inMs(appMs!)}: one ` +
      `core for the server ${rate(serverMs!)} calls/s, for both ${rate(serverMs! + appMs!)} (aim >= 100: ${verdict})`,
  )
}

/** INVITE, 180, 200, ACK, BYE, 200 over UDP; the application is drachtio-srf in a process of its own. */
async function run(print: Print, isShort: boolean): Promise<void> {
  const server = await startServer()
  const app = await startApplication()
  const phone = await ScriptedPhone.open({ address: '127.0.0.1' })
  try {
    const to: CallTo = {
      phone,
      server: { address: '127.0.0.1', port: sipPort },
      user: 'bench',
      from: 'caller',
      holdMs: 0,
    }
    const pids = { server: server.pid!, app: app.pid! }
    const seconds = isShort ? 2 : 10
    await callsAtRate(to, 100, 2)
    await measured(print, pids, `100 calls a second for ${seconds} s`, () =>
      callsAtRate(to, 100, seconds),
    )
    const endMs = performance.now() + seconds * 1000
    await measured(print, pids, `20 calls side by side for ${seconds} s`, () =>
      callsSideBySide(to, 20, () => performance.now() < endMs),
    )
    print(`    (${phone.retransmissions} messages had to be sent again by the load generator)`)
  } finally {
    phone.close()
    await stopped(app)
    await stopped(server)
  }
}

export const sipRate: Bench = {
  name: 'sip',
  title: 'Complete calls a second through the embedded SIP server',
  run,
}
