// Where the tests of the store keep what they store: in SQLite, or in PostgreSQL when they are run for that.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { Client } from 'pg'
import type { Store } from '../../engine/core/ports/store.ts'
import { openStore, type StoreOptions } from '../../engine/store/index.ts'
import { isPostgres, openPostgres } from '../../engine/store/postgres/open.ts'
import { openDatabase, sqliteDialect } from '../../engine/store/sqlite.ts'
import { openMemoryStore } from './empty-store.ts'
import { databaseUser } from './postgres.ts'

export const onPostgres = process.env['TEST_DATABASE'] === 'postgres'

/** A database with the tables and nothing in them; postgres-setup.ts makes it. */
export const templateName = 'ringdown_template'

/** The folder of the server's socket: postgres-setup.ts has started it. */
const serverFolder = (): string => {
  const folder = process.env['TEST_POSTGRES']
  if (folder === undefined) throw new Error('run by the vitest project "postgres"')
  return folder
}

const urlOf = (database: string): string =>
  `postgres://${databaseUser}@/${database}?host=${serverFolder()}`

const folders: string[] = []
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Databases that a test of this process has left. */
const free: string[] = []
let count = 0

async function ask(database: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ host: serverFolder(), user: databaseUser, database })
  await client.connect()
  try {
    const result = await client.query(sql)
    return (Array.isArray(result) ? result.at(-1) : result).rows
  } finally {
    await client.end()
  }
}

/** The address of a new database on the server; with all tables, unless they are not wanted. */
export async function newDatabase(template = templateName): Promise<string> {
  count += 1
  const name = `t${process.pid}_${Date.now().toString(36)}_${count}`
  await ask('postgres', `create database ${name} template ${template}`)
  return urlOf(name)
}

/** The database at that place as kysely has it, without a store; it is made there if need be. */
export async function bareDatabase(place: string): Promise<Kysely<Record<string, Row>>> {
  const dialect = isPostgres(place)
    ? (await openPostgres(place, () => undefined)).dialect
    : sqliteDialect(openDatabase(place))
  return new Kysely({ dialect })
}

export type Row = Readonly<Record<string, string | number | null>>

/** Carries out SQL in the database at that place, beside a store. */
export async function askDatabase(
  place: string,
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  if (isPostgres(place)) return ask(new URL(place.replace('@/', '@x/')).pathname.slice(1), sql)
  const file = new DatabaseSync(place)
  try {
    return file
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  } finally {
    file.close()
  }
}

/** All rows out, without regard to what refers to what; counters begin anew. */
const wipe = `
  set session_replication_role = replica;
  do $$
  declare name text;
  begin
    for name in select tablename from pg_tables
                where schemaname = 'public' and tablename not like 'kysely%'
    loop execute format('delete from %I', name); end loop;
    for name in select sequencename from pg_sequences where schemaname = 'public'
    loop execute format('alter sequence %I restart', name); end loop;
  end $$`

async function takeDatabase(): Promise<string> {
  const url = free.pop()
  if (url === undefined) return newDatabase()
  await askDatabase(url, wipe)
  return url
}

/** A store with nothing in it, not to be opened again. */
export async function openEmptyStore(
  options: Omit<StoreOptions, 'path' | 'image'>,
): Promise<Store> {
  if (!onPostgres) return openMemoryStore(options)
  const url = await takeDatabase()
  const store = await openStore({ ...options, path: url })
  const close = async () => {
    await store.close()
    if (!free.includes(url)) free.push(url)
  }
  return { ...store, close }
}

/**
 * Where a store can be opened, closed and opened again: a file, or a database of the server, which has its
 * tables already unless they are not wanted.
 */
export async function newPlace(hasTables = true): Promise<string> {
  if (onPostgres) return newDatabase(hasTables ? templateName : 'template1')
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-store-'))
  folders.push(folder)
  return join(folder, 'ringdown.db')
}
