import { afterEach, expect, test } from 'vitest'
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
  const second = await runEngine({ RINGDOWN_DATA_DIR: first.dataDir })
  expect(second.stderr).toMatch(/^ringdown: [^\n]*another process[^\n]*\n$/)
  expect(second.code).toBe(1)
  expect(await look()).toMatchObject({ status: 'in-progress', end_reason: null })
  expect(await first.send('DELETE', `/v1/voice/calls/${body.id}`)).toMatchObject({ status: 204 })
  expect((await eventually(look, (call) => call.end_time !== null)).status).toBe('completed')
}, 60_000)
