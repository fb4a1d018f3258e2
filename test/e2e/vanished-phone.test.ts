/** A phone that answers and then sends nothing, as one does whose power is cut. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'
import { phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'

const address = '127.0.0.1'
let engine: EngineProcess
let phone: ScriptedPhone
let sdp = phoneSdp(address, 40_000)

beforeAll(async () => {
  phone = await ScriptedPhone.open({ address, onCall: (call) => call.accept(sdp) })
  engine = await startEngine({
    ...{ RINGDOWN_LAB: 'off', RINGDOWN_MEDIA_LOST_S: '1', RINGDOWN_MEDIA_END_S: '3' },
    RINGDOWN_ALLOWED_SIP_TARGETS: `${address}:${phone.port}`,
  })
})
afterAll(async () => {
  expect(bugsIn(engine.output())).toEqual([])
  await engine.stop()
  engine.removeData()
  phone.close()
})

async function place(): Promise<string> {
  const { status, body } = await engine.send('POST', '/v1/voice/calls', {
    ...{ to: `sip:phone@${address}:${phone.port}`, from: '+15005550100' },
    verbs: [{ verb: 'pause', length: 60 }],
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return body.id
}
const call = async (id: string): Promise<Json> => (await engine.get(`/v1/voice/calls/${id}`)).body
const isUp = ({ status }: Json) => status === 'in-progress'

test('it is told of, and hung up', async () => {
  const id = await place()
  const over = await eventually(
    () => call(id),
    ({ status }) => status === 'completed',
    30_000,
  )
  expect(over.end_reason).toBe('media_lost')
  const { events } = (await engine.get(`/v1/voice/calls/${id}/events`)).body
  const lost = events.find(({ type }: Json) => type === 'media.lost')
  expect(lost.data.silent_ms).toBeGreaterThanOrEqual(1000)
  await eventually(
    async () => phone.calls,
    (count) => count === 0,
  )
})

test('one that holds may be silent, and one that knows comfort noise', async () => {
  sdp = phoneSdp(address, 40_000).replace('sendrecv', 'sendonly')
  const holds = await place()
  await eventually(() => call(holds), isUp)
  sdp = phoneSdp(address, 40_000).replace('AVP 0 101', 'AVP 0 13 101')
  const saves = await place()
  await eventually(() => call(saves), isUp)
  sdp = phoneSdp(address, 40_000)
  const vanished = await place()
  await eventually(
    () => call(vanished),
    ({ status }) => status === 'completed',
    30_000,
  )
  expect(isUp(await call(holds)) && isUp(await call(saves))).toBe(true)
  for (const id of [holds, saves]) {
    await engine.send('POST', `/v1/voice/calls/${id}`, { status: 'completed' })
  }
})
