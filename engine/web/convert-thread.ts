/** The thread behind `convert`: gets a ConvertWork as its data, posts one WorkerAnswer, ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { WavFault } from '../dsp/wav.ts'
import { type ConvertWork, convertNow, type WorkerAnswer } from './convert.ts'

function answerFor({ bytes, toHz }: ConvertWork): WorkerAnswer {
  try {
    return { prompt: convertNow(bytes, toHz) }
  } catch (error) {
    if (error instanceof WavFault) return { fault: error.message }
    throw error
  }
}

parentPort?.postMessage(answerFor(workerData as ConvertWork))
