import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { AccountId } from '../core/ids.ts'

/**
 * The account that was made first, read beside an engine that may be running on the database; undefined
 * when there is none yet.
 */
export function firstAccountId(path: string): AccountId | undefined {
  if (!existsSync(path)) return undefined
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const row = database.prepare('select id from accounts order by ordinal limit 1').get()
    return row?.['id'] as AccountId | undefined
  } finally {
    database.close()
  }
}
