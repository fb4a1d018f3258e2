import { Failure } from '../engine/core/failures.ts'
import type { Voice } from '../engine/core/ports/speech.ts'
import {
  findSpeechModels,
  SherpaFault,
  SherpaProcess,
  type SpeechModel,
} from '../engine/sherpa/index.ts'
import type { PcmChunk, PcmStream, Rendered, Segment, SpeechProvider } from './provider.ts'

export interface SherpaOptions {
  /** A folder for each model in it. */
  readonly folder: string
  readonly threads?: number
  readonly modelsKept?: number
  readonly timeLimitMs?: number
  readonly environment: Readonly<Record<string, string | undefined>>
}

const NAME = 'sherpa'
const MAX_JOBS = 64
const IDLE_MS = 15 * 60_000
/** It gives way to what carries audio, but not to what only uses up time. */
const NICENESS = 5

interface Known {
  readonly model: SpeechModel
  readonly speaker: number
}

/**
 * Voices of Piper, Kokoro, Matcha and the like, by sherpa-onnx in a process of its own, which is started with the
 * first sentence. A sentence at a time comes out.
 */
export class Sherpa implements SpeechProvider {
  readonly name = NAME
  readonly version: string
  readonly renders: ReadonlySet<Rendered> = new Set(['rate'])
  readonly streams = true
  /** A line for each folder that could not be used, for the log. */
  readonly faults: readonly string[]
  readonly #process: SherpaProcess
  readonly #known = new Map<string, Known>()
  readonly #voices: Voice[] = []
  readonly #missing: string | undefined

  constructor(options: SherpaOptions) {
    const { folder, threads = 2, modelsKept = 2, timeLimitMs = 60_000, environment } = options
    const { models, faults } = findSpeechModels(folder, threads)
    this.faults = faults
    this.version = models.map(({ version }) => version).join(' ')
    this.#process = new SherpaProcess({
      ...{ modelsKept, timeLimitMs, environment },
      ...{ maxJobs: MAX_JOBS, idleMs: IDLE_MS, niceness: NICENESS },
    })
    for (const model of models) this.#add(model)
    if (models.length === 0) {
      this.#missing = `There is no model that can speak in ${folder}: ${faults.join('; ') || 'it is empty'}`
    }
  }

  unavailableBecause(): string | undefined {
    return this.#missing
  }

  voices(): readonly Voice[] {
    return this.#voices
  }

  speak(segment: Segment, signal: AbortSignal): PcmStream {
    return this.#speak(segment, signal)
  }

  /** Ends its process. */
  close(): Promise<void> {
    return this.#process.close()
  }

  /** Of several speakers each is a voice: `<folder>.<speaker>`. */
  #add(model: SpeechModel): void {
    for (const { number, name: own, language, gender } of model.speakers) {
      const name = model.speakers.length === 1 ? model.name : `${model.name}.${own}`
      if (this.#known.has(name)) continue
      this.#known.set(name, { model, speaker: number })
      const { rateHz } = model
      const about = { id: `${NAME}:${name}`, name, language, provider: NAME, rateHz }
      this.#voices.push(gender === undefined ? about : { ...about, gender })
    }
  }

  async *#speak(
    { text, voice, rate }: Segment,
    signal: AbortSignal,
  ): AsyncGenerator<PcmChunk, void, undefined> {
    const known = this.#known.get(voice)
    if (!known) {
      throw new Failure('speech_unavailable', this.#missing ?? `There is no voice ${voice}`)
    }
    const { model, speaker } = known
    const order = { do: 'speak', model: model.model, text, speaker, speed: rate } as const
    try {
      for await (const made of this.#process.run(order, signal)) {
        if (made.is === 'sound') yield { rateHz: made.rateHz, samples: made.samples }
      }
    } catch (error) {
      if (!(error instanceof SherpaFault)) throw error
      throw new Failure('speech_unavailable', error.message, undefined, { cause: error })
    }
  }
}
