// What an operator is told when the engine cannot work with the database, and TLS on the way to it.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { firstAccountId, openStore } from '../../../../engine/store/index.ts'
import { certificateFiles } from '../../../support/certificate-files.ts'
import { askDatabase, newDatabase } from '../../../support/databases.ts'
import { freePort } from '../../../support/engine-process.ts'
import { type PostgresServer, startPostgres } from '../../../support/postgres.ts'
import { account, accountId, testClock } from '../fixtures.ts'

const open = (path: string) => openStore({ path, clock: testClock() })

async function reasonOf(path: string): Promise<string> {
  const error = await open(path).then(
    (store) => store.close().then(() => new Error('it opened')),
    (fault: Error) => fault,
  )
  expect(error.message).not.toContain('\n')
  expect(error.message).not.toContain('hunter2')
  return error.message
}

describe('what is wrong is told in one line', () => {
  const addresses: readonly [string, string, RegExp][] = [
    ['no host', 'postgres:///db', /names no host/],
    [
      'no server',
      'postgres://u:hunter2@127.0.0.1:1/db',
      /u@127\.0\.0\.1:1\/db: nobody listens there/,
    ],
    ['no socket', 'postgres://u@/db?host=/nowhere', /there is no such socket/],
    ['no such host', 'postgres://u:hunter2@nowhere.invalid/db', /no such host|its host/],
    [
      'a parameter that is not known',
      'postgres://u:hunter2@h/db?pool=3',
      /unknown parameter: pool/,
    ],
    ['another word for TLS', 'postgres://u:hunter2@h/db?sslmode=on', /sslmode .* verify-full/],
    [
      'a file that is not there',
      'postgres://u@h/d?sslrootcert=/no&sslmode=require',
      /\/no.*ENOENT/,
    ],
    ['readers', 'postgres://u@h/d?readers=0', /from 1 to 50/],
  ]
  test.each(addresses)('%s', async (_name, path, message) => {
    expect(await reasonOf(path)).toMatch(message)
  })

  test('a database that is not there', async () => {
    const url = (await newDatabase()).replace(/\/t\w+\?/, '/missing?')
    expect(await reasonOf(url)).toMatch(/there is no such database on the server/)
  })

  test('a database of a newer version', async () => {
    const url = await newDatabase()
    await askDatabase(url, "insert into kysely_migration values ('9999-future', '2030')")
    expect(await reasonOf(url)).toMatch(/written by a newer version/)
  })

  test('a database in another encoding', async () => {
    const url = await newDatabase()
    const name = `latin_${process.pid}`
    await askDatabase(
      url,
      `create database ${name} encoding 'LATIN1' locale 'C' locale_provider libc template template0`,
    )
    expect(await reasonOf(url.replace(/\/t\w+\?/, `/${name}?`))).toMatch(/LATIN1: UTF8 is needed/)
  })

  test('a database that another engine has; who only asks for its account is answered', async () => {
    const url = await newDatabase()
    const first = await open(url)
    await first.accounts.insert(account)
    expect(await reasonOf(url)).toMatch(/another engine uses it/)
    expect(await firstAccountId(url)).toBe(accountId)
    await first.close()
    await (await open(url)).close()
  })

  test('an empty database has no account', async () => {
    expect(await firstAccountId(await newDatabase('template1'))).toBeUndefined()
  })
})

describe('TLS and passwords', () => {
  const files = certificateFiles(['localhost'])
  const authority = files.certFile
  let server: PostgresServer | undefined
  let address: string
  beforeAll(async () => {
    const [certificate = '', key = ''] = [files.certFile, files.keyFile].map((file) =>
      readFileSync(file, 'utf8'),
    )
    const port = await freePort()
    server = await startPostgres({ port, tls: { certificate, key } })
    await server.ask("create role owner login superuser password 'hunter2'")
    address = `postgres://owner:hunter2@localhost:${port}/postgres`
  })
  afterAll(async () => {
    await server?.remove()
    files.remove()
  })

  test.each([
    ['by default, whoever it is', ''],
    ['required', '?sslmode=require'],
    ['known by its certificate', '?sslmode=verify-full&sslrootcert=AUTHORITY'],
  ])('%s', async (_name, parameters) => {
    const store = await open(address + parameters.replace('AUTHORITY', authority))
    const seen = await server?.ask(
      'select bool_and(ssl) as all from pg_stat_ssl join pg_stat_activity using (pid) where usename = $$owner$$',
    )
    expect(seen).toEqual([{ all: true }])
    await store.close()
  })

  test('refused: without TLS, a certificate of somebody else, the name of another', async () => {
    expect(await reasonOf(`${address}?sslmode=disable`)).toMatch(/no pg_hba\.conf entry/)
    expect(await reasonOf(`${address}?sslmode=verify-full`)).toMatch(/self-signed certificate/)
    const other = address.replace('localhost', '127.0.0.1')
    const parameters = `sslmode=verify-full&sslrootcert=${authority}`
    expect(await reasonOf(`${other}?${parameters}`)).toMatch(/not in the cert|does not match/)
  })

  test('a wrong password', async () => {
    expect(await reasonOf(address.replace('hunter2', 'hunter3'))).toMatch(/wrong user or password/)
  })
})
