import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Model } from './jobs.ts'
import {
  filesLike,
  type ModelFolder,
  type OnnxFile,
  readModelFolder,
  tokensOf,
  whyNot,
} from './model-folder.ts'
import { type Speaker, speakersOf } from './speakers.ts'

/** A model that speaks, in a folder of its own. */
export interface SpeechModel {
  /** The name of its folder. */
  readonly name: string
  readonly model: Model
  readonly rateHz: number
  readonly speakers: readonly Speaker[]
  /** Changes with the files. */
  readonly version: string
}

export interface SpeechModels {
  readonly models: readonly SpeechModel[]
  /** A line for each folder that holds no model that can be used. */
  readonly faults: readonly string[]
}

const NAME_SHAPE = /^[A-Za-z0-9][\w.-]{0,63}$/

/** The models of a folder with a folder for each. Never throws. */
export function findSpeechModels(folder: string, threads: number): SpeechModels {
  const models: SpeechModel[] = []
  const faults: string[] = []
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted(byName)) {
      if (!entry.isDirectory() && !entry.isSymbolicLink()) continue
      const found = modelIn(join(folder, entry.name), threads)
      if (typeof found === 'string') faults.push(`${entry.name}: ${found}`)
      else models.push(found)
    }
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
  }
  return { models, faults }
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

/** The model of a folder, or why there is none. */
function modelIn(path: string, threads: number): SpeechModel | string {
  const name = basename(path)
  if (!NAME_SHAPE.test(name))
    return 'the name of the folder has other signs than letters, digits, ".", "-" and "_"'
  try {
    const folder = readModelFolder(path)
    const known = kinds.map((kind) => kind(folder)).find((found) => found !== undefined)
    if (known === undefined) return whyNot(folder)
    const { file, config } = known
    const rateHz = Number(file.says.get('sample_rate'))
    if (!Number.isInteger(rateHz) || rateHz < 8000 || rateHz > 96_000)
      return `${file.name} does not tell its sample rate`
    const sentences = { maxNumSentences: 1 }
    const all = {
      model: { ...config, numThreads: threads, provider: 'cpu' },
      ...sentences,
      ...rules(folder),
    }
    const { size, mtimeMs } = statSync(file.path)
    const version = `${size}/${mtimeMs}`
    return {
      name,
      model: { key: path, config: all },
      rateHz,
      speakers: speakersOf(file.says, name),
      version,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Known {
  readonly file: OnnxFile
  readonly config: object
}

/** Each says what it makes of a folder; undefined: not of its sort. */
const kinds: readonly ((folder: ModelFolder) => Known | undefined)[] = [kokoro, matcha, vits]

const ofType = ({ models }: ModelFolder, shape: RegExp) =>
  models.find(({ says }) => shape.test(says.get('model_type') ?? ''))

/** Data that several sorts have beside the model, where it is there. */
function common(folder: ModelFolder): object {
  const lexicons = filesLike(folder, /^lexicon.*\.txt$/)
  const data = filesLike(folder, /^espeak-ng-data$/)[0]
  return {
    tokens: tokensOf(folder) ?? '',
    ...(lexicons.length > 0 && { lexicon: lexicons.join(',') }),
    ...(data !== undefined && { dataDir: data }),
  }
}

/** Number words and the like, for models that have such rules. */
function rules(folder: ModelFolder): object {
  const fsts = filesLike(folder, /\.fst$/)
  const fars = filesLike(folder, /\.far$/)
  return {
    ...(fsts.length > 0 && { ruleFsts: fsts.join(',') }),
    ...(fars.length > 0 && { ruleFars: fars.join(',') }),
  }
}

/** Kokoro, and Kitten, which is made like it: voices in a file beside the model. */
function kokoro(folder: ModelFolder): Known | undefined {
  const voices = filesLike(folder, /^voices.*\.bin$/)[0]
  const file = ofType(folder, /^(?:kokoro|kitten)/)
  if (voices === undefined || file === undefined || tokensOf(folder) === undefined) return undefined
  const { path: model } = file
  const sort = file.says.get('model_type')?.startsWith('kitten') ? 'kitten' : 'kokoro'
  return { file, config: { [sort]: { model, voices, ...common(folder) } } }
}

/** Two models: one makes a spectrum, the other (its vocoder) sound. */
function matcha(folder: ModelFolder): Known | undefined {
  const file = ofType(folder, /^matcha/)
  const vocoder = folder.models.find(({ name }) => /vocos|hifigan|vocoder/i.test(name))
  if (file === undefined || vocoder === undefined || tokensOf(folder) === undefined)
    return undefined
  return {
    file,
    config: { matcha: { acousticModel: file.path, vocoder: vocoder.path, ...common(folder) } },
  }
}

/** Piper's, and other VITS models: they need not tell their type. */
function vits(folder: ModelFolder): Known | undefined {
  const [file, ...others] = folder.models
  if (file === undefined || others.length > 0 || tokensOf(folder) === undefined) return undefined
  const needed = ['sample_rate', 'n_speakers', 'comment', 'language']
  const isOther = /^(?!vits|melo)./.test(file.says.get('model_type') ?? '')
  if (isOther || needed.some((key) => !file.says.has(key))) return undefined
  return { file, config: { vits: { model: file.path, ...common(folder) } } }
}
