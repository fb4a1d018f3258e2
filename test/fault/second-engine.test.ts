import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { migrations } from '../../engine/store/migrations/index.ts'
import { type EngineProcess, eventually, startEngine } from '../support/engine-process.ts'
import { runEngine } from './run-engine.ts'

let engine: EngineProcess | undefined
afterEach(async () => {
  await engine?.stop('SIGKILL')
  engine?.removeData()
})

test('a second engine on the same data folder does not start, and leaves the first alone', async () => {
  const first = await startEngine()
  engine = first
  const { body } = await first.send('POST', '/v1/voice/calls', {
    to: '+15005550140',
    from: '+15005550100',
    verbs: [{ verb: 'answer' }, { verb: 'pause', length: 60 }],
  })
  const look = async () => (await first.get(`/v1/voice/calls/${body.id}`)).body
  await eventually(look, ({ status }) => status === 'in-progress')
  // As that of an older version, which a newer one would change under the feet of the first.
  const file = new DatabaseSync(join(first.dataDir, 'ringdown.db'), { timeout: 5_000 })
  const newest = Object.keys(migrations).at(-1) ?? ''
  file.prepare('delete from kysely_migration where name = ?').run(newest)
  const applied = () => file.prepare('select name from kysely_migration').all().length
  const before = applied()
  const second = await runEngine({ RINGDOWN_DATA_DIR: first.dataDir })
  expect(second.stderr).toMatch(/^ringdown: [^\n]*another process[^\n]*\n$/)
  expect(second.code).toBe(1)
  expect(applied()).toBe(before)
  file.close()
  expect(await look()).toMatchObject({ status: 'in-progress', end_reason: null })
  expect(await first.send('DELETE', `/v1/voice/calls/${body.id}`)).toMatchObject({ status: 204 })
  expect((await eventually(look, (call) => call.end_time !== null)).status).toBe('completed')
})
