import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What Debian's PostgreSQL looks at before it makes a server's database and starts it (pg_createcluster). */
const settings = '/etc/postgresql-common/createcluster.d'
const text = 'create_main_cluster = false\n'

/**
 * Does the work, an installation, so that PostgreSQL comes as programs alone: tests start servers of their own, and
 * nobody asked for one that runs on this machine from now on. What is installed later is as ever. Where the setting
 * cannot be written the work is done without it.
 */
export function withoutCluster<Result>(work: () => Result, folder = settings): Result {
  const file = join(folder, 'ringdown.conf')
  let made: string | undefined
  try {
    made = mkdirSync(folder, { recursive: true })
    writeFileSync(file, text)
  } catch {
    return work()
  }
  try {
    return work()
  } finally {
    rmSync(file, { force: true })
    if (made !== undefined) removeIfEmpty(folder)
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // somebody else has put something there meanwhile
  }
}
