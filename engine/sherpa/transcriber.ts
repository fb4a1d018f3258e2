import { Failure } from '../core/failures.ts'
import type { Transcript, TranscriptSegment } from '../core/ports/recordings.ts'
import type { SoundBlock, Transcriber } from '../core/ports/transcriber.ts'
import type { Model } from './jobs.ts'
import { findLanguageModels, findListeningModel } from './listening-model.ts'
import { SherpaFault, SherpaProcess } from './process.ts'
import { type Stretch, StretchCutter } from './stretches.ts'

export interface SherpaTranscriberOptions {
  /** Of the model; folders in it that are named by a language hold the models of those. */
  readonly folder: string
  readonly threads: number
  /** Of 25 s of speech at most; with the loading of the model. */
  readonly timeLimitMs?: number
  /** Stretches that wait or are listened to; more are refused. */
  readonly maxJobs?: number
  /** As SherpaProcessOptions. */
  readonly niceness?: number
  readonly environment: Readonly<Record<string, string | undefined>>
}

const IDLE_MS = 5 * 60_000
/** A recording is worked on in what the calls leave. */
const NICENESS = 15
const MAX_SEGMENTS = 20_000

interface Heard extends TranscriptSegment {
  readonly language: string
  readonly logProbabilities: readonly number[]
}

/** A speech recognition model of sherpa-onnx, in a process of its own that is there while there is work. */
export class SherpaTranscriber implements Transcriber {
  readonly #process: SherpaProcess
  readonly #model: Model | string
  readonly #ofLanguages: ReadonlyMap<string, Model>
  readonly #folder: string

  constructor({
    folder,
    threads,
    timeLimitMs = 300_000,
    maxJobs = 2,
    niceness = NICENESS,
    environment,
  }: SherpaTranscriberOptions) {
    this.#folder = folder
    this.#model = findListeningModel(folder, threads)
    this.#ofLanguages = findLanguageModels(folder, threads)
    this.#process = new SherpaProcess({
      ...{ modelsKept: 1 + this.#ofLanguages.size, timeLimitMs, environment },
      ...{ maxJobs, idleMs: IDLE_MS, niceness },
    })
  }

  /** Of its process, while there is one. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  unavailableBecause(): string | undefined {
    return typeof this.#model === 'string'
      ? `There is no model that can transcribe in ${this.#folder}: ${this.#model}`
      : undefined
  }

  hasLanguage(language: string): boolean {
    return this.#modelOf(language) !== undefined
  }

  async transcribe(
    sound: AsyncIterable<SoundBlock>,
    signal: AbortSignal,
    language?: string,
  ): Promise<Transcript> {
    const model = this.#modelOf(language) ?? this.#model
    if (typeof model === 'string') {
      throw new Failure('transcription_failed', this.unavailableBecause() ?? model)
    }
    const heard: Heard[] = []
    const hear = async (stretches: readonly Stretch[], channel: number, rateHz: number) => {
      for (const stretch of stretches) {
        const found = await this.#listen(model, stretch, rateHz, signal)
        if (found && heard.length < MAX_SEGMENTS) heard.push({ ...found, channel })
      }
    }
    let cutters: StretchCutter[] = []
    let rateHz = 0
    for await (const block of sound) {
      signal.throwIfAborted()
      rateHz = block.rateHz
      if (cutters.length === 0) {
        cutters = Array.from({ length: block.channels }, () => new StretchCutter(rateHz))
      }
      for (const [channel, cutter] of cutters.entries()) {
        await hear(cutter.take(channelOf(block, channel)), channel, rateHz)
      }
    }
    for (const [channel, cutter] of cutters.entries()) await hear(cutter.end(), channel, rateHz)
    return transcriptOf(heard)
  }

  /** Ends its process. */
  close(): Promise<void> {
    return this.#process.close()
  }

  /** `de-AT` is understood by that of `de`, too. */
  #modelOf(language = ''): Model | undefined {
    const tag = language.toLowerCase()
    return this.#ofLanguages.get(tag) ?? this.#ofLanguages.get(tag.split('-', 1)[0] ?? '')
  }

  async #listen(
    model: Model,
    { startMs, samples }: Stretch,
    rateHz: number,
    signal: AbortSignal,
  ): Promise<Omit<Heard, 'channel'> | undefined> {
    const order = { do: 'listen', model, samples, rateHz } as const
    try {
      for await (const made of this.#process.run(order, signal)) {
        if (made.is !== 'heard' || made.text === '') continue
        const { text, language, atMs, logProbabilities } = made
        const endMs = startMs + Math.round((samples.length * 1000) / rateHz)
        return { startMs: startMs + (atMs[0] ?? 0), endMs, text, language, logProbabilities }
      }
      return undefined
    } catch (error) {
      if (!(error instanceof SherpaFault)) throw error
      throw new Failure('transcription_failed', error.message, undefined, { cause: error })
    }
  }
}

function channelOf({ samples, channels }: SoundBlock, channel: number): Int16Array {
  if (channels === 1) return samples.slice()
  const one = new Int16Array(samples.length / channels)
  for (let i = 0; i < one.length; i++) one[i] = samples[i * channels + channel] ?? 0
  return one
}

/** In the order in which it was said. */
function transcriptOf(heard: readonly Heard[]): Transcript {
  const inOrder = heard.toSorted((a, b) => a.startMs - b.startMs || a.channel - b.channel)
  const language = inOrder.map((one) => languageTag(one.language)).find((tag) => tag !== undefined)
  return {
    text: inOrder.map(({ text }) => text).join(' '),
    segments: inOrder.map(({ language: _, logProbabilities: __, ...segment }) => segment),
    ...(language !== undefined && { language }),
    ...confidenceOf(inOrder.flatMap(({ logProbabilities }) => logProbabilities)),
  }
}

/** The geometric mean of how likely the tokens are. */
export function confidenceOf(logProbabilities: readonly number[]): { confidence?: number } {
  if (logProbabilities.length === 0) return {}
  const sum = logProbabilities.reduce((all, one) => all + one, 0)
  const mean = Math.exp(sum / logProbabilities.length)
  return { confidence: Math.round(Math.min(1, mean) * 1_000) / 1_000 }
}

/** Some write it `<|en|>`. */
function languageTag(told: string): string | undefined {
  const tag = told.replaceAll(/[<>|]/g, '').trim()
  if (!/^[a-z]{2,3}(?:-\w+)*$/i.test(tag)) return undefined
  return tag.toLowerCase()
}
