import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Closers } from '../app/closing.ts'
import { firstStart, type Logins } from '../app/first-start.ts'
import type { Config } from '../config/index.ts'
import type { Store } from '../core/ports/store.ts'
import { ids, realm } from './build.ts'
import { clock } from './clock.ts'

const aliveEveryMs = 2_000

/** Where the store is: a file of the data folder, or a database of a server. */
export const databaseOf = (config: Config): string =>
  config.secrets.database ?? join(config.dataDir, 'ringdown.db')

export const loginsFile = (config: Config): string => join(config.dataDir, 'first-logins.json')

/** A file whose time says when the engine was last alive. */
const aliveFile = (config: Config): string => join(config.dataDir, 'alive')

export function lastAlive(config: Config): number {
  const file = aliveFile(config)
  return existsSync(file) ? Math.floor(statSync(file).mtimeMs) : clock.nowMs()
}

export function showAlive(config: Config, closers: Closers): void {
  const touch = () => writeFile(aliveFile(config), '').catch(() => undefined)
  void touch()
  const timer = setInterval(() => void touch(), aliveEveryMs)
  closers.add(() => clearInterval(timer))
}

/** The logins of the first start: made now, or read back as long as the operator keeps the file. */
export function firstLogins(config: Config, store: Store): Promise<Logins | undefined> {
  const file = loginsFile(config)
  return firstStart(
    { store, ids, clock },
    {
      apiKey: config.secrets.apiKey,
      defaultNumber: config.defaultNumber,
      recordTriggerCalls: config.recordTriggerCalls,
      realm,
    },
    {
      read: () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined),
      write: (logins) => {
        writeFileSync(`${file}.part`, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600 })
        renameSync(`${file}.part`, file)
      },
    },
  )
}
