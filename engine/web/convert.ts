import { Worker } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import type { AccountId } from '../core/ids.ts'
import { Semaphore } from '../core/semaphore.ts'
import { integratedLoudness, levelled } from '../dsp/loudness.ts'
import { resample } from '../dsp/resampler.ts'
import { downmix, readWav, WAV_HEADER_BYTES, WavFault, wavHeader, wavLayout } from '../dsp/wav.ts'
import { decodeCompressed } from './compressed-sound.ts'
import { keptRateHz, longestMs } from './mono-sound.ts'
import { kindOf, SoundFault, type SoundKind } from './sound-kind.ts'

/** Converted on the spot, in well under a tick's time; more goes to a thread of its own. */
const maxInlineBytes = 64 * 1024
/** Rates whose filters are small and worth keeping. */
const commonRatesHz: readonly number[] = [
  8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
]
/** An hour of music takes a tenth of it. */
const longestWorkMs = 120_000

export interface Prompt {
  /** A whole WAV file: mono, 16-bit, at 16 kHz, or at 8 kHz where there was no more. */
  readonly wav: Uint8Array
  readonly durationMs: number
  readonly format: SoundKind
  /** Of the file as it came. */
  readonly rateHz: number
  /** What it measured and what it measures now, in LUFS; null for silence. */
  readonly fromLufs: number | null
  readonly lufs: number | null
}

/** The loudness that it is to have, in LUFS. */
export type WantedLoudness = number | 'off'

interface Decoded {
  readonly pcm: Int16Array
  /** Of `pcm`. */
  readonly keptHz: 8000 | 16_000
  readonly rateHz: number
}

/** Makes a prompt of a file of any sort that is taken, here and now. Throws SoundFault. */
export async function convertNow(
  bytes: Uint8Array,
  loudness: WantedLoudness,
  { isWide = false }: ConvertOptions = {},
): Promise<Prompt> {
  const format = kindOf(bytes)
  const found = await decoded(format, bytes)
  return promptOf(format, isWide ? widened(found) : found, loudness)
}

async function decoded(format: SoundKind, bytes: Uint8Array): Promise<Decoded> {
  if (format === 'wav') return wavAsMono(bytes)
  const sound = await decodeCompressed(format, bytes)
  return { pcm: sound.pcm(), keptHz: sound.rateHz, rateHz: sound.fromHz }
}

const widened = (sound: Decoded): Decoded => ({
  ...{ pcm: resample(sound.pcm, sound.keptHz, 16_000), keptHz: 16_000, rateHz: sound.rateHz },
})

function wavAsMono(bytes: Uint8Array): Decoded {
  const { rateHz, samples } = asFault(() => readWav(bytes))
  const keptHz = keptRateHz(rateHz)
  return { pcm: resample(downmix(samples), rateHz, keptHz), keptHz, rateHz }
}

function asFault<Of>(read: () => Of): Of {
  try {
    return read()
  } catch (error) {
    if (error instanceof WavFault) throw new SoundFault(error.message, { cause: error })
    throw error
  }
}

function asItIs(pcm: Int16Array, rateHz: number) {
  const lufs = integratedLoudness([pcm], rateHz) ?? null
  return { pcm, fromLufs: lufs, lufs }
}

function promptOf(
  format: SoundKind,
  { pcm, keptHz, rateHz }: Decoded,
  loudness: WantedLoudness,
): Prompt {
  // Measured all the same: who uploads it is told.
  const {
    pcm: out,
    fromLufs,
    lufs,
  } = loudness === 'off' ? asItIs(pcm, keptHz) : levelled(pcm, keptHz, loudness)
  const dataBytes = out.length * 2
  const wav = new Uint8Array(WAV_HEADER_BYTES + dataBytes)
  wav.set(wavHeader({ rateHz: keptHz, channels: 1, format: 'pcm16', dataBytes }))
  const view = new DataView(wav.buffer, WAV_HEADER_BYTES)
  for (let i = 0; i < out.length; i++) view.setInt16(i * 2, out[i]!, true)
  const durationMs = Math.round((out.length * 1_000) / keptHz)
  return { wav, durationMs, format, rateHz, fromLufs, lufs }
}

export interface ConvertOptions {
  /** At 16 kHz in any case: for who mixes nothing and goes from file to file. */
  readonly isWide?: boolean
  /** Whose it is: a long line of one account delays no other. */
  readonly accountId?: AccountId
}

export interface ConvertWork {
  readonly bytes: Uint8Array
  readonly loudness: WantedLoudness
  readonly options: ConvertOptions
}

export type WorkerAnswer = { readonly prompt: Prompt } | { readonly fault: string }

const threads = new Semaphore({ total: 1 })
/** Of one account. */
const maxWaiting = 100

/**
 * The same without holding up the calling thread. Rejects with SoundFault; another error means that the
 * conversion itself broke down.
 */
export async function convert(
  bytes: Uint8Array,
  loudness: WantedLoudness,
  clock: Pick<Clock, 'after'>,
  options: ConvertOptions = {},
): Promise<Prompt> {
  if (kindOf(bytes) === 'wav') {
    const { format, dataBytes } = asFault(() => wavLayout(bytes))
    const durationMs = ((dataBytes / format.frameBytes) * 1_000) / format.rateHz
    if (durationMs > longestMs) throw new SoundFault('longer than an hour')
    if (bytes.length <= maxInlineBytes && commonRatesHz.includes(format.rateHz))
      return convertNow(bytes, loudness, options)
  }
  const { accountId } = options
  if (threads.waiting(accountId) >= maxWaiting)
    throw new Error('too many prompts are being converted')
  return threads.run(() => convertInThread({ bytes, loudness, options }, clock), accountId)
}

/** A thread for one file: what an odd rate's filter or a decoder takes up goes with it. */
function convertInThread(work: ConvertWork, clock: Pick<Clock, 'after'>): Promise<Prompt> {
  const worker = new Worker(new URL('./convert-thread.ts', import.meta.url), {
    workerData: work,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // The decoders say there what they think of a bad file.
    stderr: true,
  })
  worker.stderr.resume()
  const conversion = new Promise<Prompt>((resolve, reject) => {
    const disarm = clock.after(longestWorkMs, () => {
      reject(new SoundFault('its conversion takes too long'))
      void worker.terminate()
    })
    worker.on('message', (answer: WorkerAnswer) => {
      if ('fault' in answer) reject(new SoundFault(answer.fault))
      else resolve(answer.prompt)
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      disarm()
      reject(new Error('the conversion ended without a result'))
    })
  })
  return conversion
}
