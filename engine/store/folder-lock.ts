import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from './folder.ts'

/** One who is just ending gets this long. */
const waitMs = 1_000

/**
 * Takes a data folder for this process alone: a second engine on it would take the first one's calls for
 * left-overs of a crash. The folder is made if absent. Held until released or until the process is gone, however it
 * goes, for it is the system's lock on a file. Throws an Error of one line that names the folder when somebody else
 * has it or it cannot be made or written.
 */
export function lockFolder(folder: string): () => void {
  try {
    makeFolder(folder)
    return held(join(folder, 'ringdown.lock'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const text = why.includes('database is locked') ? 'another process uses it' : why
    throw new Error(`cannot take the data folder ${folder}: ${text}`, { cause: error })
  }
}

function held(path: string): () => void {
  const lock = new DatabaseSync(path)
  try {
    lock.exec(`pragma busy_timeout = ${waitMs}`)
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    throw error
  }
  return () => lock.close()
}
