import { afterAll, beforeAll, expect, test } from 'vitest'
import { ToneGenerator } from '../../engine/dsp/tone-generator.ts'
import { dtmfTone } from '../../engine/dsp/tones.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { type SippPhone, startSippPhone } from '../support/sipp-phone.ts'

const address = '127.0.0.3'
const keys = '159#'

let engine: EngineProcess
let phone: SippPhone | undefined
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  phone?.stop()
  await engine.stop()
  engine.removeData()
})

/** Keys as WebRTC and gateways press them: 100 ms and 70 ms. */
function asTones(): Int16Array {
  const pcm = new Int16Array(8 * 170 * keys.length)
  new ToneGenerator(dtmfTone(keys, 100, 70), 8000).next(pcm, 0, pcm.length)
  return pcm
}

test('a phone that knows no telephone events answers a menu with tones', async () => {
  const port = await freePort()
  const trunk = { name: 'tones', host: address, port, prefixes: ['+612557'] }
  expect((await engine.send('POST', '/v1/voice/trunks', trunk)).status).toBe(201)
  phone = await startSippPhone({
    ...{ address, port, mediaPort: await freePort(), withoutEvents: true },
    sends: [{ silenceMs: 1500 }, { pcm: asTones() }, { silenceMs: 1000 }],
  })
  const made = await engine.send('POST', '/v1/voice/calls', {
    ...{ from: '+15005550100', to: '+61255700001' },
    verbs: [{ verb: 'gather', num_digits: 3, finish_on_key: '#', timeout: 10 }],
  })
  expect(made.status, JSON.stringify(made.body)).toBeLessThan(300)
  const call = await eventually(
    async () => (await engine.get(`/v1/voice/calls/${made.body.id}`)).body,
    ({ status }: Json) => status === 'completed' || status === 'failed',
    30_000,
  )
  expect(call, phone.log()).toMatchObject({ status: 'completed', gathered_digits: '159' })
  expect(await phone.done(), phone.log()).toBe(0)
})
