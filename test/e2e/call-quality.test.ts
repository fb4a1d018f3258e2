/** How a call sounds, by a real engine: while it is up, in its record and log, and in /metrics. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, eventually, startEngine } from '../support/engine-process.ts'

/** Of the lab carrier: sends back what it hears. */
const echo = '+15005550140'

let engine: EngineProcess
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

test('live, then in the record, the log and the figures', async () => {
  const { body } = await engine.send('POST', '/v1/voice/calls', {
    ...{ to: echo, from: '+15005550100' },
    verbs: [{ verb: 'pause', length: 3 }],
  })
  const path = `/v1/voice/calls/${body.id}`
  expect(body.quality).toBeNull()
  const live = await eventually(
    async () => (await engine.get(`${path}/quality`)).body,
    ({ quality }) => quality?.packets_received > 25,
  )
  expect(live).toMatchObject({ call_id: body.id, quality: { mos_grounded: true } })
  expect(live.quality.mos).toBeGreaterThan(1)
  const call = await eventually(
    async () => (await engine.get(path)).body,
    ({ status, quality }) => status === 'completed' && quality !== null,
    30_000,
  )
  expect(call.quality).toMatchObject({ remote_loss_percent: null })
  expect(call.quality.bytes_received).toBeGreaterThan(50 * 172)
  expect((await engine.get(`${path}/quality`)).body.quality).toEqual(call.quality)
  const { events } = (await engine.get(`${path}/events`)).body
  const told = events.filter(({ type }: { type: string }) => type === 'call.quality')
  expect(told).toHaveLength(1)
  expect(told[0].data).toMatchObject({ mos: call.quality.mos, codec: call.quality.codec })
  const metrics = await (await fetch(`${engine.httpUrl}/metrics`)).text()
  expect(metrics).toContain('ringdown_leg_mos_count{grounded="true"} 1\n')
})

test('a call that nobody answered sounds like nothing; one that is not there is not found', async () => {
  const { body } = await engine.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550101', from: '+15005550100' },
  })
  const path = `/v1/voice/calls/${body.id}`
  await eventually(
    async () => (await engine.get(path)).body,
    ({ end_time }) => end_time !== null,
    30_000,
  )
  expect((await engine.get(`${path}/quality`)).body).toEqual({ call_id: body.id, quality: null })
  const nobody = '/v1/voice/calls/00000000-0000-4000-8000-000000000000/quality'
  expect((await engine.get(nobody)).status).toBe(404)
})
