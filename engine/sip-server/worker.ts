import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from './clock.ts'
import { type SipServerOptions, startSipServer } from './server.ts'
import { TraceBatch, type TraceScope } from './trace-batch.ts'
import type { GuardCommand } from './transport/guard.ts'

/**
 * Entry for a worker thread; workerData is the options without functions. Posts
 * `{ is: 'ready', sipPort, ... }` or `{ is: 'failed', code, message, port }`; answers
 * `{ is: 'stats' }` with `{ is: 'stats', stats }` and `{ is: 'close' }` with `{ is: 'closed' }`; tells of
 * closed connections by `{ is: 'connectionClosed', place }`. With `traces` it posts `{ is: 'trace', batch }` and waits for `{ is: 'traced' }` before the next one.
 */
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread only')

const { traces, ...options } = workerData as SipServerOptions & { traces?: TraceScope }

/** What the system says of a port that it does not give. */
const faultOf = (error: unknown): { code: string; port: number | undefined } => {
  const { code, port } = error as { code?: unknown; port?: unknown }
  return {
    code: typeof code === 'string' ? code : '',
    port: typeof port === 'number' ? port : undefined,
  }
}

const trace =
  traces && new TraceBatch(systemClock, traces, (batch) => port.postMessage({ is: 'trace', batch }))

try {
  const server = await startSipServer({
    ...options,
    ...(trace ? { tap: trace.tap } : {}),
    log: (event) => port.postMessage({ is: 'log', event }),
    connectionClosed: (place) => port.postMessage({ is: 'connectionClosed', place }),
  })
  port.on('message', (message: { readonly is?: string; readonly command?: GuardCommand }) => {
    if (message.command !== undefined) server.guard(message.command)
    else if (message.is === 'stats') port.postMessage({ is: 'stats', stats: server.stats() })
    else if (message.is === 'readCertificate') server.readCertificate()
    else if (message.is === 'traced') trace?.taken()
    else if (message.is === 'close') {
      void server.close().then(() => {
        port.postMessage({ is: 'closed' })
        port.close()
      })
    }
  })
  const { sipPort, tlsPort, wsPort, wssPort, relayPorts, controlPort } = server
  const ports = { sipPort, tlsPort, wsPort, wssPort, relayPorts, controlPort }
  port.postMessage({ is: 'ready', ...ports })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  port.postMessage({ is: 'failed', message, ...faultOf(error) })
  port.close()
}
