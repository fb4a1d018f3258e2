import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { PromptFiles } from '../core/ports/prompts.ts'
import { promptFrom } from './prompts.ts'

/** Folder of the data folder; in it one of each account, and in that the files as they came. */
const folderName = 'stored-prompts'
const fileShape = /^[0-9a-f]{64}$/
const accountShape = /^[0-9a-f-]{36}$/
/** What is ours, whole or in parts; anything else in the folder is not. */
const oursShape = /^[0-9a-f]{64}(?:\.[0-9a-f-]{36}\.part)?$/

/** What accounts have stored, in the data folder: a file is named by what is in it, and never changes. */
export function promptFolder(dataDir: string, clock: Clock): PromptFiles {
  const pathOf = (accountId: string, file: string): string => {
    // Ids and names come from the database alone; all the same, nothing may lead out of the folder.
    if (!accountShape.test(accountId) || !fileShape.test(file))
      throw new Failure('internal_error', 'no name of a stored prompt')
    return join(dataDir, folderName, accountId, file)
  }
  return {
    pathOf,
    async examine(accountId, bytes) {
      const prompt = await promptFrom(bytes, 'off', clock, accountId)
      const { format, rateHz, durationMs, lufs } = prompt
      return { format, rateHz, durationMs, lufs: lufs && Math.round(lufs * 100) / 100 }
    },
    async keep(accountId, bytes) {
      const file = createHash('sha256').update(bytes).digest('hex')
      const path = pathOf(accountId, file)
      await mkdir(dirname(path), { recursive: true })
      await writeWhole(path, bytes)
      return file
    },
    async stat(path) {
      const found = await lstat(path).catch(() => undefined)
      return found?.isFile() ? { bytes: found.size, modifiedMs: found.mtimeMs } : undefined
    },
    read: (path, start, end) => createReadStream(path, { start, end }),
    async discard(accountId, file) {
      await rm(pathOf(accountId, file), { force: true })
    },
    async accounts() {
      const names = await namesIn(join(dataDir, folderName))
      return names.filter((name) => accountShape.test(name)) as AccountId[]
    },
    async keepOnly(accountId, files) {
      const folder = join(dataDir, folderName, accountId)
      const names = await namesIn(folder)
      const gone = names.filter((name) => oursShape.test(name) && !files.has(name))
      for (const name of gone) await rm(join(folder, name), { force: true })
      return gone.length
    },
  }
}

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`
  try {
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
