/** RTCP with two makes of phone: each tells the round trip and what it hears of us. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { type LinphonePhone, startLinphone } from '../support/linphone-phone.ts'
import { voice } from '../support/voice.ts'

let engine: EngineProcess
let linphone: LinphonePhone | undefined
let baresip: BaresipPhone | undefined
beforeAll(async () => {
  engine = await startEngine()
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  const passwordOf = (username: string): string =>
    logins.devices.find((device: Json) => device.username === username).password
  const registrar = `127.0.0.1:${engine.sipPort}`
  linphone = await startLinphone({
    ...{ registrar, transport: 'udp', user: '1001', password: passwordOf('1001') },
    ...{ realm: 'ringdown', port: await freePort(), says: voice('agent') },
  })
  baresip = await startBaresip({
    ...{ registrar, transport: 'udp', user: '1002', password: passwordOf('1002') },
    ...{ port: await freePort(), says: voice('lead') },
  })
  await eventually(
    async () => (await engine.get('/v1/voice/devices')).body.devices,
    (devices) => devices.every(({ contacts }: Json) => contacts.length > 0),
  )
})
afterAll(async () => {
  await linphone?.stop()
  await baresip?.stop()
  await engine.stop()
  engine.removeData()
})

test.each([
  ['linphone', '1001'],
  ['baresip', '1002'],
])('%s', async (_make, to) => {
  const { body } = await engine.send('POST', '/v1/voice/calls', {
    ...{ to, from: '+15005550100' },
    verbs: [{ verb: 'pause', length: 60 }],
  })
  const { quality } = await eventually(
    async () => (await engine.get(`/v1/voice/calls/${body.id}/quality`)).body,
    ({ quality: now }) => now?.round_trip_ms != null && now.remote_jitter_ms !== null,
    40_000,
  )
  expect(quality.round_trip_ms).toBeLessThan(500)
  expect(quality.remote_loss_percent).toBeLessThan(50)
  expect(quality.remote_jitter_ms).toBeLessThan(500)
  expect(quality.packets_received).toBeGreaterThan(50)
  expect((await engine.send('DELETE', `/v1/voice/calls/${body.id}`)).status).toBe(204)
})
