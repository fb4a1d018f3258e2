import { once } from 'node:events'
import { createWorker, type types } from 'mediasoup'

/** The program is not there, or does not run here. One line, fit for people. */
export class MediasoupMissing extends Error {}

/** A program that does not end by itself within this is left to the system. */
const CLOSE_WAIT_MS = 3000

const signals = ['SIGINT', 'SIGTERM'] as const

/** mediasoup closes its workers on signals by itself; when to close is for our own shutdown to say. */
async function withoutSignalHandlers<T>(start: () => Promise<T>): Promise<T> {
  const before = signals.map((signal) => new Set(process.listeners(signal)))
  try {
    return await start()
  } finally {
    for (const [at, signal] of signals.entries()) {
      for (const listener of process.listeners(signal)) {
        if (!before[at]!.has(listener)) process.removeListener(signal, listener)
      }
    }
  }
}

/**
 * Starts a mediasoup worker, a program of its own that carries ICE and DTLS, and waits until it runs. `binPath`
 * defaults to where mediasoup itself looks: MEDIASOUP_WORKER_BIN, then its package folder.
 * @throws MediasoupMissing
 */
export async function createMediasoupWorker(binPath?: string): Promise<types.Worker> {
  const settings: types.WorkerSettings = { logLevel: 'error' }
  if (binPath !== undefined) settings.workerBin = binPath
  try {
    return await withoutSignalHandlers(() => createWorker(settings))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const line = `The mediasoup worker does not start (${why}); "npm start" gets or builds it`
    throw new MediasoupMissing(line, { cause })
  }
}

/** Ends a worker program and waits for it. */
export async function closeMediasoupWorker(worker: types.Worker): Promise<void> {
  if (worker.subprocessClosed) return
  const ended = once(worker, 'subprocessclose', { signal: AbortSignal.timeout(CLOSE_WAIT_MS) })
  worker.close()
  await ended.catch(() => undefined)
}
