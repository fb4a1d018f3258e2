/** Two agents of the lab and three callers: they wait with music, are taken, and the third one after the first talk. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'

let engine: EngineProcess

beforeAll(async () => {
  engine = await startEngine()
})
afterEach(() => {
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
})

/** A phone of the lab that answers, and is put into the queue. */
async function caller(): Promise<string> {
  const verbs = [
    { verb: 'enqueue', queue: 'support' },
    { verb: 'pause', length: 60 },
  ]
  const wanted = { to: '+15005550140', from: '+15005550100', verbs }
  const { status, body } = await engine.send('POST', '/v1/voice/calls', wanted)
  expect(status).toBe(201)
  return body.id
}
const queueNow = async (id: string): Promise<Json> =>
  (await engine.get(`/v1/voice/queues/${id}`)).body
const eventsOf = async (id: string): Promise<Json[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events

test('agents press 1 and talk; who waits comes next; figures add up', async () => {
  const made = await engine.send('POST', '/v1/voice/queues', {
    ...{ name: 'support', strategy: 'ring-all', confirm: true, announce_every: 5 },
    // Both press 1, one of them by SIP INFO; the third one is busy.
    agents: [
      { target: '+15005550111', name: 'Ann' },
      { target: '+15005550121', name: 'Bob' },
      { target: '+15005550180' },
    ],
  })
  expect(made.status).toBe(201)
  const { id } = made.body
  const callers = [await caller(), await caller(), await caller()]
  const busy = await eventually(
    () => queueNow(id),
    ({ talking, waiting }: Json) => talking === 2 && waiting === 1,
  )
  expect(busy.figures).toMatchObject({ entered: 3, answered: 2, abandoned: 0 })
  const { members } = (await engine.get(`/v1/voice/queues/${id}/members`)).body
  expect(members).toMatchObject([{ position: 1, to: '+15005550140' }])
  const left = members[0].call_id
  // One talk is over: that agent is called for the one who is left.
  const [first = ''] = callers.filter((one) => one !== left)
  await engine.send('DELETE', `/v1/voice/calls/${first}`)
  const later = await eventually(
    () => queueNow(id),
    ({ figures }: Json) => figures.answered === 3,
  )
  expect(later).toMatchObject({ waiting: 0, talking: 2 })
  const log = await eventually(
    async () => (await eventsOf(left)).map(({ type }: Json) => type),
    (types) => types.includes('bridge.started'),
  )
  expect(log).toEqual(
    expect.arrayContaining([
      ...['call.enqueued', 'queue.agent-ringing', 'queue.agent-answered', 'call.dequeued'],
      'bridge.started',
    ]),
  )
  for (const one of callers) await engine.send('DELETE', `/v1/voice/calls/${one}`)
  const idle = await eventually(
    () => queueNow(id),
    ({ talking }: Json) => talking === 0,
  )
  expect(idle.agents).toMatchObject([{ missed: 0 }, { missed: 0 }, { answered: 0 }])
  expect(idle.agents[2].missed).toBeGreaterThan(0)
  expect(idle.agents[0].answered + idle.agents[1].answered).toBe(3)
})
