import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultMusic, isMusicName } from '../core/ports/music.ts'
import type { Log } from '../core/ports/observe.ts'

const maxFiles = 1_000

interface Source {
  readonly path: string
  readonly inClass: string
}

interface Found {
  readonly sources: readonly Source[]
  /** Classes that can't be read now, or all of them. */
  readonly unread: readonly string[] | 'all'
}

interface Looking {
  readonly folder?: string | undefined
  readonly log: Log
  /** What was wrong when it was last looked at, by path: it is said once. */
  readonly bad: Map<string, string>
}

/** The files of the operator's music: those of the folder are the default class, folders in it are classes. */
export async function musicFolder(looking: Looking): Promise<Found> {
  const { folder, log, bad } = looking
  if (folder === undefined) return { sources: [], unread: [] }
  const entries = await entriesOf(looking, folder)
  if (entries === undefined) return { sources: [], unread: 'all' }
  const sources: Source[] = []
  const unread: string[] = []
  for (const entry of entries) {
    if (sources.length > maxFiles) break
    const found = await sourcesOf(looking, entry)
    if (found === undefined) unread.push(entry.name)
    else sources.push(...found)
  }
  const isTooMany = sources.length > maxFiles
  const key = `${folder} ${maxFiles}`
  if (isTooMany && !bad.has(key)) log.warn('more files of music than are taken', { maxFiles })
  if (isTooMany) bad.set(key, 'too many')
  else bad.delete(key)
  return { sources: sources.slice(0, maxFiles), unread }
}

/** Undefined: it is a class, and can't be read. */
async function sourcesOf(looking: Looking, entry: Entry): Promise<Source[] | undefined> {
  const { path, name, isFolder } = entry
  if (!isFolder) return [{ path, inClass: defaultMusic }]
  if (!isMusicName(name)) return []
  const inside = await entriesOf(looking, path)
  return inside
    ?.filter((inner) => !inner.isFolder)
    .map((inner) => ({ path: inner.path, inClass: name }))
}

interface Entry {
  readonly path: string
  readonly name: string
  readonly isFolder: boolean
}

/** Files and folders, by name; links count as what they lead to. Undefined: it can't be read, which is said once. */
async function entriesOf({ log, bad }: Looking, folder: string): Promise<Entry[] | undefined> {
  let found: Dirent[]
  try {
    found = await readdir(folder, { withFileTypes: true })
    bad.delete(folder)
  } catch (error) {
    if (!bad.has(folder)) log.warn('a folder of music can not be read', { error: String(error) })
    bad.set(folder, 'unreadable')
    return undefined
  }
  const seen = found
    .filter(({ name }) => !name.startsWith('.'))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const entries: Entry[] = []
  for (const entry of seen) {
    const path = join(folder, entry.name)
    const what = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry
    if (what?.isFile() || what?.isDirectory())
      entries.push({ path, name: entry.name, isFolder: what.isDirectory() })
  }
  return entries
}
