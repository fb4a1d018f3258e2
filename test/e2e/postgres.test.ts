import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, eventually, startEngine } from '../support/engine-process.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

let server: PostgresServer
let engine: EngineProcess | undefined
const dataDir = mkdtempSync(join(tmpdir(), 'ringdown-'))
const start = () => startEngine({ RINGDOWN_DATABASE: server.url('postgres') }, dataDir)

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(async () => {
  await engine?.stop('SIGKILL')
  engine?.removeData()
  await server.remove()
})

test('an engine on PostgreSQL: a call, a server that is away for a moment, kill -9, and all is there', async () => {
  engine = await start()
  const before = engine
  const { body } = await before.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100' },
    verbs: [{ verb: 'pause', length: 60 }],
  })
  const path = `/v1/voice/calls/${body.id}`
  const isUp = async (of: EngineProcess) => (await of.get(path)).body
  await eventually(
    () => isUp(before),
    ({ status }) => status === 'in-progress',
  )
  // A call of a program that is over while nothing can be stored.
  const { body: short } = await before.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100' },
    verbs: [{ verb: 'pause', length: 1 }],
  })
  await eventually(
    async () => (await before.get(`/v1/voice/calls/${short.id}`)).body,
    ({ status }) => status === 'in-progress',
  )
  await server.halt('QUIT')
  await eventually(
    () => before.get('/readyz'),
    ({ status }) => status === 503,
  )
  await server.start()
  await eventually(
    async () => (await before.get(`/v1/voice/calls/${short.id}`)).body,
    ({ status }) => status === 'completed',
  )
  expect((await before.get('/readyz')).body.checks.store).toBe('ok')
  expect((await isUp(before)).status).toBe('in-progress')
  await before.stop('SIGKILL')

  const after = await start()
  engine = after
  expect(await isUp(after)).toMatchObject({ status: 'failed', end_reason: 'process_restarted' })
  expect((await after.get(`/v1/voice/calls/${short.id}`)).body.status).toBe('completed')
  const log = await server.ask(
    'select account_id, sequence from ' +
      '(select account_id, sequence from events union all select account_id, sequence from account_events) as log ' +
      'order by sequence',
  )
  expect(log.map(({ sequence }) => Number(sequence))).toEqual(log.map((_, index) => index + 1))
  expect(log.length).toBeGreaterThan(6)
})
