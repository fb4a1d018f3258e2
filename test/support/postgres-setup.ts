// One PostgreSQL for all tests of the vitest project "postgres".

import { openStore } from '../../engine/store/index.ts'
import { templateName } from './databases.ts'
import { startPostgres } from './postgres.ts'

export default async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres()
  process.env['TEST_POSTGRES'] = server.folder
  try {
    await server.ask(`create database ${templateName}`)
    const url = server.url(templateName)
    await (await openStore({ path: url, clock: { nowMs: Date.now } })).close()
  } catch (error) {
    await server.remove()
    throw error
  }
  return () => server.remove()
}
