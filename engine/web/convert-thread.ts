/** The thread behind `convert`: gets a ConvertWork as its data, posts one WorkerAnswer, ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { type ConvertWork, convertNow, type WorkerAnswer } from './convert.ts'
import { SoundFault } from './sound-kind.ts'

async function answerFor({ bytes, loudness, options }: ConvertWork): Promise<WorkerAnswer> {
  try {
    return { prompt: await convertNow(bytes, loudness, options) }
  } catch (error) {
    if (error instanceof SoundFault) return { fault: error.message }
    throw error
  }
}

parentPort?.postMessage(await answerFor(workerData as ConvertWork))
