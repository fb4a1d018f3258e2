import { afterEach, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'

let engine: EngineProcess | undefined
afterEach(async () => {
  await engine?.stop('SIGKILL')
  engine?.removeData()
  engine = undefined
})

const pause = [{ verb: 'answer' }, { verb: 'pause', length: 60 }]

async function placed(on: EngineProcess, verbs: readonly object[]): Promise<string> {
  const body = { to: '+15005550140', from: '+15005550100', verbs }
  const answer = await on.send('POST', '/v1/voice/calls', body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body.id
}

const call = async (on: EngineProcess, id: string): Promise<Json> =>
  (await on.get(`/v1/voice/calls/${id}`)).body

test('no audio port left: the call fails with a reason, the others go on', async () => {
  engine = await startEngine({ RINGDOWN_RTP_PORTS: '29100-29103' })
  const on = engine
  const ids = [await placed(on, pause), await placed(on, pause), await placed(on, pause)]
  const calls = await eventually(
    () => Promise.all(ids.map((id) => call(on, id))),
    (all) => all.every(({ status }) => status === 'in-progress' || status === 'failed'),
  )
  expect(calls.map(({ status }) => status).sort()).toEqual(['failed', 'in-progress', 'in-progress'])
  expect(calls.find(({ status }) => status === 'failed')).toMatchObject({
    answered_at: null,
    end_reason: expect.stringContaining('media'),
  })
  expect(bugsIn(on.output())).toEqual([])
  for (const { id, status } of calls) {
    if (status === 'in-progress') await on.send('DELETE', `/v1/voice/calls/${id}`)
  }
  await eventually(
    () => Promise.all(ids.map((id) => call(on, id))),
    (all) => all.every(({ end_time }) => end_time !== null),
  )
})

test('no voice: the engine starts, says so, and calls without speech are made', async () => {
  engine = await startEngine({ PATH: '/nonexistent' })
  const on = engine
  expect(on.output()).toMatch(/espeak-ng/)
  const silent = await placed(on, [{ verb: 'answer' }, { verb: 'pause', length: 0.2 }])
  const spoken = await on.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100', verbs: [{ verb: 'say', text: 'Hello' }] },
  })
  const ended = await eventually(
    () => call(on, silent),
    ({ end_time }) => end_time !== null,
  )
  expect(ended.status).toBe('completed')
  expect(spoken.status).toBe(201)
  await eventually(
    () => call(on, spoken.body.id),
    ({ end_time }) => end_time !== null,
  )
  const { events } = (await on.get(`/v1/voice/calls/${spoken.body.id}/events`)).body
  const failed = events.find(({ type }: Json) => type === 'speech.failed')
  expect(failed.data).toMatchObject({ code: 'speech_unavailable' })
})
