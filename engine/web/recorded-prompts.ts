import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../core/failures.ts'
import { isPromptName, promptFile, promptFolder, promptNameRule } from '../core/prompt-names.ts'

const maxBytes = 20 * 1024 * 1024

interface RecordedPrompt {
  /** Another one when it was recorded anew. */
  readonly version: string
  read(): Promise<Uint8Array>
}

/** Failure `url_not_allowed` for what is no name of a recorded prompt. */
export function checkPromptName(name: string, field?: string): void {
  if (isPromptName(name)) return
  throw new Failure('url_not_allowed', `prompt: is followed by a name, ${promptNameRule}`, field)
}

export const noPrompt = (name: string): Failure =>
  new Failure('url_unreachable', `there is no prompt with the name ${name}`)

/** A prompt of the data folder. Failures `url_not_allowed`, `url_unreachable` when there is none, `invalid_audio`. */
export async function findRecorded(dataDir: string, name: string): Promise<RecordedPrompt> {
  checkPromptName(name)
  const path = join(dataDir, promptFolder, promptFile(name))
  // A link may lead out of the folder.
  const found = await lstat(path, { bigint: true }).catch(() => undefined)
  if (!found?.isFile()) throw noPrompt(name)
  if (found.size > maxBytes)
    throw new Failure('invalid_audio', `the prompt ${name} is larger than 20 MiB`)
  return { version: `${found.ino}-${found.size}-${found.mtimeNs}`, read: () => readFile(path) }
}
