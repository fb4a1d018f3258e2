import { randomUUID } from 'node:crypto'
import { link, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../core/failures.ts'
import { isPromptName, promptFile, promptFolder, promptNameRule } from '../core/prompt-names.ts'
import { wavHeader } from '../dsp/wav.ts'

/** Where a prompt of that name is. Failure `invalid_request` for what is no name. */
export function promptPath(dataDir: string, name: string): string {
  if (!isPromptName(name))
    throw new Failure('invalid_request', `a name is ${promptNameRule}`, 'name')
  return join(dataDir, promptFolder, promptFile(name))
}

/** Something has that name, be it a link to elsewhere. */
export async function isTaken(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

const taken = (name: string): Failure =>
  new Failure('already_exists', `there is a prompt ${name}; --replace records it anew`, 'name')

/** Failure `already_exists` before anybody has spoken in vain. */
export async function checkFree(dataDir: string, name: string): Promise<void> {
  if (await isTaken(promptPath(dataDir, name))) throw taken(name)
}

/**
 * Writes a prompt, whole or not at all; whoever plays the old one hears that to its end. A link of that name
 * is replaced, never followed. Failure `already_exists` unless it may replace another one.
 */
export async function savePrompt(
  dataDir: string,
  name: string,
  { pcm, rateHz }: { pcm: Int16Array; rateHz: number },
  replaces: boolean,
): Promise<string> {
  const path = promptPath(dataDir, name)
  await mkdir(join(dataDir, promptFolder), { recursive: true })
  const temporary = `${path}.${randomUUID()}.part`
  try {
    await write(temporary, pcm, rateHz)
    if (replaces) await rename(temporary, path)
    else await linkNew(temporary, path, name)
  } finally {
    await rm(temporary, { force: true })
  }
  return path
}

async function write(path: string, pcm: Int16Array, rateHz: number): Promise<void> {
  const bytes = Buffer.alloc(pcm.length * 2)
  for (let at = 0; at < pcm.length; at++) bytes.writeInt16LE(pcm[at]!, at * 2)
  const file = await open(path, 'wx')
  try {
    await file.writeFile(
      Buffer.concat([
        wavHeader({ rateHz, channels: 1, format: 'pcm16', dataBytes: bytes.length }),
        bytes,
      ]),
    )
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A second recording of the same name may have been saved meanwhile; a rename would not tell. */
async function linkNew(from: string, to: string, name: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken(name)
    throw error
  }
}
