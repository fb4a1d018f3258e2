import { Worker } from 'node:worker_threads'
import { resample } from '../dsp/resampler.ts'
import { downmix, readWav, WAV_HEADER_BYTES, WavFault, wavHeader, wavLayout } from '../dsp/wav.ts'
import { Slots } from './slots.ts'

export const promptRateHz = 8_000
const maxDurationMs = 3_600_000
/** Converted on the spot, in well under a tick's time; more goes to a thread of its own. */
const maxInlineBytes = 128 * 1024
/** Rates whose filters are small and worth keeping. */
const commonRatesHz: readonly number[] = [
  8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
]

export interface Prompt {
  /** A whole WAV file: mono, 16-bit. */
  readonly wav: Uint8Array
  readonly durationMs: number
}

/** Makes a prompt at a rate of a WAV of any common sort, here and now. Throws WavFault. */
export function convertNow(bytes: Uint8Array, toHz = promptRateHz): Prompt {
  const { rateHz, samples } = readWav(bytes)
  const pcm = resample(downmix(samples), rateHz, toHz)
  const wav = new Uint8Array(WAV_HEADER_BYTES + pcm.length * 2)
  const dataLength = pcm.length * 2
  wav.set(wavHeader({ rateHz: toHz, channels: 1, format: 'pcm16', dataBytes: dataLength }))
  const view = new DataView(wav.buffer, WAV_HEADER_BYTES)
  for (let i = 0; i < pcm.length; i++) view.setInt16(i * 2, pcm[i]!, true)
  return { wav, durationMs: Math.round((pcm.length * 1_000) / toHz) }
}

export interface ConvertWork {
  readonly bytes: Uint8Array
  readonly toHz: number
}

export type WorkerAnswer = { readonly prompt: Prompt } | { readonly fault: string }

const threads = new Slots(1, 100)

/**
 * The same without holding up the calling thread. Rejects with WavFault; another error means that the
 * conversion itself broke down.
 */
export async function convert(bytes: Uint8Array, toHz = promptRateHz): Promise<Prompt> {
  const { format, dataBytes } = wavLayout(bytes)
  const durationMs = ((dataBytes / format.frameBytes) * 1_000) / format.rateHz
  if (durationMs > maxDurationMs) throw new WavFault('longer than an hour')
  if (bytes.length <= maxInlineBytes && commonRatesHz.includes(format.rateHz))
    return convertNow(bytes, toHz)
  const prompt = threads.run(() => convertInThread({ bytes, toHz }))
  if (prompt === undefined) throw new Error('too many prompts are being converted')
  return prompt
}

/** A thread for one file: what an odd rate's filter takes up goes with it. */
function convertInThread(work: ConvertWork): Promise<Prompt> {
  const worker = new Worker(new URL('./convert-thread.ts', import.meta.url), {
    workerData: work,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  return new Promise((resolve, reject) => {
    worker.on('message', (answer: WorkerAnswer) => {
      if ('fault' in answer) reject(new WavFault(answer.fault))
      else resolve(answer.prompt)
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('the conversion ended without a result')))
  })
}
