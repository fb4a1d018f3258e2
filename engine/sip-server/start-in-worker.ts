import { Worker } from 'node:worker_threads'
import type { LogEvent } from './context.ts'
import type { ConnectionPlace, SipServer, SipServerOptions, SipServerStats } from './server.ts'
import type { TraceScope, WireBatch } from './trace-batch.ts'
import type { GuardCommand } from './transport/guard.ts'

type FromWorker =
  | ({ readonly is: 'ready' } & Ports)
  | ({ readonly is: 'failed' } & Fault)
  | { readonly is: 'stats'; readonly stats: SipServerStats }
  | { readonly is: 'log'; readonly event: LogEvent }
  | { readonly is: 'trace'; readonly batch: WireBatch }
  | { readonly is: 'connectionClosed'; readonly place: ConnectionPlace }
  | { readonly is: 'closed' }

/** Where the server listens; 0 for what it does not listen for. */
type Ports = Pick<
  SipServer,
  'sipPort' | 'tlsPort' | 'wsPort' | 'wssPort' | 'relayPorts' | 'controlPort'
>

interface Fault {
  readonly code: string
  readonly message: string
  /** the port that could not be had */
  readonly port: number | undefined
}

export interface WorkerSipServerOptions
  extends Omit<SipServerOptions, 'clock' | 'random' | 'dns' | 'tap'> {
  /** Hears what goes over the wire, a moment later and many messages at a time. */
  readonly traced?: { readonly scope: TraceScope; take(batch: WireBatch): void }
}

/** As `SipServer`, from another thread: figures come a moment later. */
export interface WorkerSipServer extends Ports {
  stats(): Promise<SipServerStats>
  readCertificate(): void
  guard(command: GuardCommand): void
  close(): Promise<void>
  /** Settles when the thread ends; with an error if it ended unasked. */
  readonly ended: Promise<Error | undefined>
}

const failure = ({ code, message, port }: Fault): Error =>
  Object.assign(new Error(message), code === '' ? {} : { code }, port === undefined ? {} : { port })

const ended = (message: string): Error => new Error(`SIP server thread ${message}`)

const ready = (worker: Worker): Promise<Ports> =>
  new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(ended('ended before it was ready')))
    worker.on('message', (message: FromWorker) => {
      if (message.is === 'ready') resolve(message)
      else if (message.is === 'failed') reject(failure(message))
    })
  })

const endOf = (worker: Worker): Promise<Error | undefined> =>
  new Promise((resolve) => {
    let fault: Error | undefined
    worker.on('error', (error) => {
      fault = error instanceof Error ? error : new Error(String(error))
    })
    worker.on('exit', () => resolve(fault))
  })

interface Waiting {
  resolve(stats: SipServerStats): void
  reject(error: Error): void
}

/** Takes the one who asked first. */
const settle = (waiting: Set<Waiting>, act: (first: Waiting) => void): void => {
  const [first] = waiting
  if (first === undefined) return
  waiting.delete(first)
  act(first)
}

/**
 * Garbage is collected early: with the default a flood of datagrams fills 180 MiB before the first
 * thought is given to it, with this 60 (`npm run bench -- flood`).
 */
const resourceLimits = { maxYoungGenerationSizeMb: 16 }

const gone = (): Error => ended('has ended')

/**
 * Starts the server in a thread of its own. `clock`, `random`, `dns`, `tap` cannot be given, as
 * functions do not cross threads. Rejects as `startSipServer` does.
 */
export const startInWorker = async (options: WorkerSipServerOptions): Promise<WorkerSipServer> => {
  const { log, traced, connectionClosed, ...data } = options
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: traced ? { ...data, traces: traced.scope } : data,
    resourceLimits,
  })
  const over = endOf(worker)
  const waiting = new Set<Waiting>()
  let isOver = false
  worker.on('message', (message: FromWorker) => {
    if (message.is === 'log') log?.(message.event)
    else if (message.is === 'trace') {
      worker.postMessage({ is: 'traced' })
      traced?.take(message.batch)
    } else if (message.is === 'connectionClosed') connectionClosed?.(message.place)
    else if (message.is === 'stats') settle(waiting, (first) => first.resolve(message.stats))
  })
  void over.then(() => {
    isOver = true
    while (waiting.size > 0) settle(waiting, (first) => first.reject(gone()))
  })
  const { sipPort, tlsPort, wsPort, wssPort, relayPorts, controlPort } = await ready(worker)
  return {
    ...{ sipPort, tlsPort, wsPort, wssPort, relayPorts, controlPort },
    ended: over,
    stats: () =>
      new Promise((resolve, reject) => {
        if (isOver) {
          reject(gone())
          return
        }
        waiting.add({ resolve, reject })
        worker.postMessage({ is: 'stats' })
      }),
    guard: (command) => worker.postMessage({ is: 'guard', command }),
    readCertificate: () => worker.postMessage({ is: 'readCertificate' }),
    close: async () => {
      worker.postMessage({ is: 'close' })
      await over
    },
  }
}
