import { parentPort, workerData } from 'node:worker_threads'
import { type SipServerOptions, startSipServer } from './server.ts'

/**
 * Entry for a worker thread; workerData is the options without functions. Posts
 * `{ is: 'ready', sipPort, controlPort }` or `{ is: 'failed', code, message }`; answers
 * `{ is: 'stats' }` with `{ is: 'stats', stats }` and `{ is: 'close' }` with `{ is: 'closed' }`.
 */
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread only')

const options = workerData as SipServerOptions

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

try {
  const server = await startSipServer({
    ...options,
    log: (event) => port.postMessage({ is: 'log', event }),
  })
  port.on('message', (message: { readonly is?: string }) => {
    if (message.is === 'stats') port.postMessage({ is: 'stats', stats: server.stats() })
    else if (message.is === 'close') {
      void server.close().then(() => {
        port.postMessage({ is: 'closed' })
        port.close()
      })
    }
  })
  port.postMessage({ is: 'ready', sipPort: server.sipPort, controlPort: server.controlPort })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  port.postMessage({ is: 'failed', code: codeOf(error), message })
  port.close()
}
