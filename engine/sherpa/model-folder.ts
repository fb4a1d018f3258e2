import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { onnxMetadata } from './onnx-metadata.ts'

/** A model's file, and what it says of itself. */
export interface OnnxFile {
  readonly name: string
  readonly path: string
  readonly says: ReadonlyMap<string, string>
}

/** What lies in a folder that holds a model. */
export interface ModelFolder {
  readonly path: string
  /** Of other files and of folders, sorted. */
  readonly names: readonly string[]
  /** Those that are ONNX; of a model stored twice the smaller (`.int8.onnx`) is left out. */
  readonly models: readonly OnnxFile[]
  /** `.onnx` files that are none. */
  readonly broken: readonly string[]
}

/** Throws what reading the folder throws. */
export function readModelFolder(path: string): ModelFolder {
  const names = readdirSync(path).toSorted()
  const onnx = names.filter((name) => name.endsWith('.onnx'))
  const wanted = onnx.filter(
    (name) =>
      !onnx.includes(name.replace(/\.int8\.onnx$/, '.onnx')) || !name.endsWith('.int8.onnx'),
  )
  const read = wanted.map((name) => {
    const file = join(path, name)
    return { name, path: file, says: onnxMetadata(file) }
  })
  return {
    path,
    names,
    models: read.flatMap(({ says, ...file }) => (says === undefined ? [] : [{ ...file, says }])),
    broken: read.flatMap(({ says, name }) => (says === undefined ? [name] : [])),
  }
}

/** Files of the folder whose names fit. */
export const filesLike = ({ path, names }: ModelFolder, shape: RegExp): string[] =>
  names.filter((name) => shape.test(name)).map((name) => join(path, name))

/** The token list, by any of its names. */
export const tokensOf = (folder: ModelFolder): string | undefined =>
  filesLike(folder, /tokens\.txt$/)[0]

/** Why a folder holds no model that we know, for people. */
export function whyNot({ names, models, broken }: ModelFolder): string {
  if (broken.length > 0) return `${broken.join(', ')} is no ONNX file, or cut off`
  if (models.length === 0) return 'there is no .onnx file in it'
  if (!names.some((name) => name.endsWith('tokens.txt'))) return 'there is no tokens.txt in it'
  return `its .onnx file does not say of which sort it is (${models.map(({ name }) => name).join(', ')}): models converted for sherpa-onnx do`
}
