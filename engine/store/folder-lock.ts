import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** One who is just ending gets this long. */
const waitMs = 1_000

/**
 * Takes a data folder for this process alone: a second engine on it would take the first one's calls for
 * left-overs of a crash. Held until released or until the process is gone, however it goes, for it is the
 * system's lock on a file. Throws an Error of one line when somebody else has it.
 */
export function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(join(folder, 'ringdown.lock'))
  try {
    lock.exec(`pragma busy_timeout = ${waitMs}`)
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    const why = error instanceof Error ? error.message : String(error)
    const text = why.includes('locked') ? 'another process uses it' : why
    throw new Error(`cannot take the data folder ${folder}: ${text}`, { cause: error })
  }
  return () => lock.close()
}
