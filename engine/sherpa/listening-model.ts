import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Model } from './jobs.ts'
import { type ModelFolder, readModelFolder, tokensOf, whyNot } from './model-folder.ts'

const RATE_HZ = 16_000

/** The model of a folder, or why there is none that can be used. Never throws. */
export function findListeningModel(path: string, threads: number): Model | string {
  try {
    const folder = readModelFolder(path)
    const known = kinds.map((kind) => kind(folder)).find((found) => found !== undefined)
    const tokens = tokensOf(folder)
    if (known === undefined || tokens === undefined) return whyNot(folder)
    const modelConfig = { ...known, tokens, numThreads: threads, provider: 'cpu' }
    const featConfig = { sampleRate: RATE_HZ, featureDim: FEATURES }
    return { key: path, config: { featConfig, modelConfig } }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const LANGUAGE_TAG = /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/i

/** Those of folders in it, links too, that are named by a language, by that name in lower case. Never throws. */
export function findLanguageModels(path: string, threads: number): ReadonlyMap<string, Model> {
  const models = new Map<string, Model>()
  for (const name of namesIn(path)) {
    if (!LANGUAGE_TAG.test(name)) continue
    const model = findListeningModel(join(path, name), threads)
    if (typeof model !== 'string') models.set(name.toLowerCase(), model)
  }
  return models
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

const FEATURES = 80

/** Each says what it makes of a folder; undefined: not of its sort. */
const kinds: readonly ((folder: ModelFolder) => object | undefined)[] = [
  whisper,
  transducer,
  single,
]

const typeOf = (says: ReadonlyMap<string, string>) => says.get('model_type') ?? ''
const named = (folder: ModelFolder, shape: RegExp) =>
  folder.models.find(({ name }) => shape.test(name))

function whisper(folder: ModelFolder): object | undefined {
  const encoder = named(folder, /encoder/)
  const decoder = named(folder, /decoder/)
  if (!encoder || !decoder || !typeOf(encoder.says).startsWith('whisper')) return undefined
  return { whisper: { encoder: encoder.path, decoder: decoder.path } }
}

/** Zipformer and Conformer of icefall, and those of NeMo, which are asked for by name. */
function transducer(folder: ModelFolder): object | undefined {
  const [encoder, decoder, joiner] = [/encoder/, /decoder/, /joiner/].map((shape) =>
    named(folder, shape),
  )
  if (!encoder || !decoder || !joiner) return undefined
  return {
    transducer: { encoder: encoder.path, decoder: decoder.path, joiner: joiner.path },
    modelType: typeOf(encoder.says).startsWith('EncDec') ? 'nemo_transducer' : 'transducer',
  }
}

/** Of one file: which sort, it says itself. */
function single(folder: ModelFolder): object | undefined {
  const [file, ...others] = folder.models
  if (file === undefined || others.length > 0) return undefined
  const { path: model, says } = file
  const sorts: readonly (readonly [RegExp, object])[] = [
    [/^EncDec/, { nemoCtc: { model } }],
    [/^zipformer2?_ctc/, { zipformerCtc: { model } }],
    [/^wenet_ctc/, { wenetCtc: { model } }],
    [/^sense_?voice/i, { senseVoice: { model, useInverseTextNormalization: 1 } }],
    [/^paraformer/, { paraformer: { model } }],
  ]
  return sorts.find(([shape]) => shape.test(typeOf(says)))?.[1]
}
