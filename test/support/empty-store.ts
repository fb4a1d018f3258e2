// Thousands of tests want a store of their own with nothing in it. Its tables take forty steps to make, so
// they are made once in a process, and copied.

import { Kysely } from 'kysely'
import type { Store } from '../../engine/core/ports/store.ts'
import { openStore, type StoreOptions } from '../../engine/store/index.ts'
import { migrate } from '../../engine/store/migrations/index.ts'
import { openDatabase, sqliteDialect } from '../../engine/store/sqlite.ts'

let tables: Promise<Uint8Array> | undefined

async function makeTables(): Promise<Uint8Array> {
  const database = openDatabase(':memory:')
  const db = new Kysely({ dialect: sqliteDialect(database) })
  await migrate(db)
  const image = database.serialize()
  await db.destroy()
  return image
}

/** A store in memory with its tables and nothing in them. */
export async function openMemoryStore(
  options: Omit<StoreOptions, 'path' | 'image'>,
): Promise<Store> {
  tables ??= makeTables()
  return openStore({ ...options, path: ':memory:', image: await tables })
}
