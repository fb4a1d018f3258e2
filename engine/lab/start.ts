import { Worker } from 'node:worker_threads'
import type { LabSound } from './plan.ts'
import type { LabWorkerData } from './worker.ts'

export interface Lab {
  readonly address: string
  readonly sipPort: number
  close(): Promise<void>
}

/**
 * The lab has an address of its own, so that what comes from it can be told from the phones on this
 * machine, which are on 127.0.0.1.
 */
export const labAddress = '127.0.0.77'

/** Starts the lab carrier in its own thread. Rejects with a clear Error when it can't start. */
export function startLab(voices: Readonly<Partial<Record<LabSound, string>>>): Promise<Lab> {
  const data: LabWorkerData = { address: labAddress, sipPort: 0, voices }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the lab carrier ended at its start')))
    worker.once('message', (message: { sipPort: number } | { failed: string }) => {
      if ('failed' in message) {
        void worker.terminate()
        reject(new Error(`the lab carrier did not start: ${message.failed}`))
        return
      }
      resolve({ address: labAddress, sipPort: message.sipPort, close: () => close(worker) })
    })
  })
}

async function close(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  worker.postMessage('close')
  const timer = setTimeout(() => void worker.terminate(), 2_000)
  await exited
  clearTimeout(timer)
}
