import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { AccountId } from '../core/ids.ts'
import { askPostgres, isPostgres } from './postgres/open.ts'

const first = 'select id from accounts order by ordinal limit 1'

/**
 * The account that was made first, read beside an engine that may be running on the database; undefined
 * when there is none yet.
 */
export async function firstAccountId(path: string): Promise<AccountId | undefined> {
  if (isPostgres(path)) return firstOnServer(path)
  if (!existsSync(path)) return undefined
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const row = database.prepare(first).get()
    return row?.['id'] as AccountId | undefined
  } finally {
    database.close()
  }
}

async function firstOnServer(url: string): Promise<AccountId | undefined> {
  const [table] = await askPostgres(url, "select to_regclass('accounts') is not null as is_there")
  if ((table as { is_there: number } | undefined)?.is_there !== 1) return undefined
  const [row] = await askPostgres(url, first)
  return (row as { id: AccountId } | undefined)?.id
}
