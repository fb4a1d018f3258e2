/** The thread behind `convert`: gets the bytes as its data, posts one WorkerAnswer, ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { WavFault } from '../dsp/wav.ts'
import { convertNow, type WorkerAnswer } from './convert.ts'

function answerFor(bytes: Uint8Array): WorkerAnswer {
  try {
    return { prompt: convertNow(bytes) }
  } catch (error) {
    if (error instanceof WavFault) return { fault: error.message }
    throw error
  }
}

parentPort?.postMessage(answerFor(workerData as Uint8Array))
