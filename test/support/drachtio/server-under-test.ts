import { type ChildProcess, spawn } from 'node:child_process'
import { startEmbedded } from './embedded-server.ts'
import type { PortPlan } from './ports.ts'
import { RawControl } from './raw-control.ts'
import { sleep } from './sockets.ts'

/** What a scenario wants of its server beyond UDP and TCP on the planned port. */
export interface ServerNeeds {
  /** Timers run this many times faster, where the server can do that. */
  readonly speed?: number
  readonly externalAddress?: string
}

export interface ServerUnderTest {
  readonly kind: 'embedded' | 'command' | 'endpoint'
  readonly controlHost: string
  readonly controlPort: number
  readonly sipPort: number
  readonly secret: string
  /** The speed that was granted; 1 where timers cannot be scaled. */
  readonly speed: number
  stop(): Promise<void>
}

/** `host:port:secret` of a server that is already running. */
const endpoint = process.env['RINGDOWN_TEST_DRACHTIO']
/** A program with drachtio's flags, started anew for every scenario. */
const command = process.env['RINGDOWN_TEST_DRACHTIO_COMMAND']

export const serverKind: ServerUnderTest['kind'] = endpoint
  ? 'endpoint'
  : command
    ? 'command'
    : 'embedded'

/** The words that start a server as a program of its own. */
export const serverCommand: readonly string[] = command
  ? command.split(' ')
  : [
      process.execPath,
      new URL('../../../engine/sip-server/standalone.ts', import.meta.url).pathname,
    ]

export const secret = 'cymru'

export async function startServer(plan: PortPlan, needs: ServerNeeds): Promise<ServerUnderTest> {
  if (endpoint) return runningServer(endpoint)
  if (command) return startCommand(serverCommand, plan, needs)
  return startEmbedded(plan, needs)
}

/** Whether the chosen kind of server can meet the needs; a running one is as it is. */
export function canServe(needs: ServerNeeds): boolean {
  if (serverKind !== 'endpoint') return true
  return Object.keys(needs).every((need) => need === 'speed')
}

async function runningServer(address: string): Promise<ServerUnderTest> {
  const [host = '127.0.0.1', port = '9022', ...rest] = address.split(':')
  const key = rest.join(':')
  const control = await RawControl.open(Number(port), host)
  control.send(`hello|authenticate|${key}|`)
  const answer = await control.answer('hello')
  control.close()
  const sip = /udp\/127\.0\.0\.1:(\d+)/.exec(answer ?? '')
  if (!sip) throw new Error(`no UDP port on 127.0.0.1 at ${host}:${port}: ${answer ?? 'no answer'}`)
  return {
    kind: 'endpoint',
    controlHost: host,
    controlPort: Number(port),
    sipPort: Number(sip[1]),
    secret: key,
    speed: 1,
    stop: async () => {},
  }
}

function flags(plan: PortPlan, needs: ServerNeeds): string[] {
  const list = [
    ...['--contact', `sip:127.0.0.1:${plan.sip};transport=udp,tcp`],
    ...['--address', '127.0.0.1', '--port', `${plan.control}`, '--secret', secret],
  ]
  if (needs.externalAddress) list.push('--external-ip', needs.externalAddress)
  return list
}

/** Starts the server as a program of its own and waits for its control port. */
export async function startCommand(
  words: readonly string[],
  plan: PortPlan,
  needs: ServerNeeds,
): Promise<ServerUnderTest> {
  const [program = '', ...first] = words
  const child = spawn(program, [...first, ...flags(plan, needs)], { stdio: 'ignore' })
  await controlPortOpen(child, plan.control)
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  return {
    kind: 'command',
    controlHost: '127.0.0.1',
    controlPort: plan.control,
    sipPort: plan.sip,
    secret,
    speed: 1,
    async stop() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function controlPortOpen(child: ChildProcess, port: number): Promise<void> {
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  for (let attempt = 0; attempt < 200; attempt++) {
    if (failure) throw failure
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`)
    const control = await RawControl.open(port).catch(() => undefined)
    if (control) return control.close()
    await sleep(50)
  }
  throw new Error(`no control port on ${port} within 10 s`)
}
