import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it, for its owner alone: recordings and passwords are in there. Throws what mkdir does.
 * Not mkdir's own recursion: that spins for ever where the kernel answers ENOENT, as under /proc.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}
