import { mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Puts a link to the program `worker` at `place`, unless that is the program itself. A worker that is
 * no file of this machine (a mere name, looked up in PATH) is not linked.
 */
export function linkWorker(worker: string, place: string): void {
  const program = realPath(worker)
  if (program === undefined || program === realPath(place)) return
  mkdirSync(dirname(place), { recursive: true })
  rmSync(place, { force: true })
  symlinkSync(program, place)
}

/** Absolute and without links; undefined when nothing is there, or only links that lead nowhere. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
