// One process at a time, by a lock file that holds the owner's process id.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const lookAgainMs = 500

/** Runs `work` while holding the lock; waits for a living owner and takes over from a dead one. */
export async function withLock<T>(
  file: string,
  say: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  if (!take(file)) {
    say(`waiting for another set-up to finish (process ${ownerOf(file)})`)
    do await pause(lookAgainMs)
    while (!take(file))
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if (!isAlive(ownerOf(file))) rmSync(file, { force: true })
  return false
}

/** The process id in the file; NaN when the file is gone or holds none. */
function ownerOf(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10)
  } catch {
    return Number.NaN
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
