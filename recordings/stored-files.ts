import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordingId } from '../engine/core/ids.ts'

const idShape = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(?:wav|opus|ogg)/

/** The ids of recordings that the folder has audio of; each once. */
export async function* idsInFolder(root: string): AsyncGenerator<RecordingId> {
  for (const year of await namesIn(root, /^\d{4,6}$/)) {
    for (const month of await namesIn(join(root, year), /^\d{2}$/)) {
      const names = await namesIn(join(root, year, month), idShape)
      yield* new Set(names.map((name) => idShape.exec(name)?.[1] as RecordingId))
    }
  }
}

async function namesIn(folder: string, shape: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => shape.test(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
