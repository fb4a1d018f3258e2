/** A real baresip: its message lamp, and texts that it shows. (Its version 1.0 sends none.) */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorize, Caller } from '../loop/sip/support/caller.ts'
import type { Message } from '../loop/sip/support/peer.ts'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

let engine: EngineProcess
let baresip: BaresipPhone
let desk: DeskPhone
let device: Json
beforeAll(async () => {
  engine = await startEngine()
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  const { username, password } = logins.devices[0]
  const login = { username: 'desk', password: 'password-of-desk' }
  await engine.send('POST', '/v1/voice/devices', login)
  desk = await DeskPhone.open(engine.sipPort, login)
  await desk.register()
  baresip = await startBaresip({
    ...{
      user: username,
      password,
      registrar: `127.0.0.1:${engine.sipPort}`,
      port: await freePort(),
    },
    ...{ says: new Int16Array(160), modules: ['mwi', 'stdio'] },
  })
  const { devices } = await eventually(
    async () => (await engine.get('/v1/voice/devices')).body,
    (body) => body.devices.some((one: Json) => one.username === username && one.registered),
  )
  device = devices.find((one: Json) => one.username === username)
})
afterAll(async () => {
  desk?.close()
  await baresip?.stop()
  await engine?.stop()
  engine?.removeData()
})

const shown = (text: RegExp): Promise<string> =>
  eventually(
    async () => baresip.output(),
    (output) => text.test(output),
  )

test('its lamp is off, on and off again', async () => {
  await shown(/MWI[^\n]*\n?[\s\S]*Messages-Waiting: no/)
  const path = `/v1/voice/devices/${device.id}/messages`
  expect((await engine.send('PUT', path, { new: 3, old: 1 })).status).toBe(200)
  await shown(/Messages-Waiting: yes[\s\S]*Voice-Message: 3\/1/)
  expect((await engine.send('PUT', path, { new: 0, old: 4 })).status).toBe(200)
  await shown(/Messages-Waiting: yes[\s\S]*Messages-Waiting: no[\s\S]*Voice-Message: 0\/4/)
})

test('a text by API and one of another phone are shown by it', async () => {
  const text = { to: device.username, text: 'Grüße vom Empfang' }
  expect(await engine.send('POST', '/v1/voice/messages', text)).toMatchObject({
    ...{ status: 200, body: { to: device.username, status: 'delivered' } },
  })
  await shown(/Grüße vom Empfang/)

  const uri = `sip:${device.username}@127.0.0.1:${engine.sipPort}`
  const caller = new Caller(desk.sip, { from: 'sip:desk@127.0.0.1', to: uri })
  const hello = { body: 'hello from the desk', type: 'text/plain' }
  caller.request('MESSAGE', hello)
  const proof = authorize(await desk.sip.expect(401), 'MESSAGE', uri, desk.login)
  caller.request('MESSAGE', { ...hello, headers: [['Authorization', proof]] })
  const isFinal = ({ status = 0, headers }: Message) =>
    status >= 200 && headers['cseq']?.endsWith('MESSAGE') === true
  expect((await desk.sip.expect(isFinal)).status).toBe(200)
  await shown(/hello from the desk/)
  const { events } = await eventually(
    async () => (await engine.get('/v1/voice/events?page_size=1000')).body,
    (body) => body.events.some((one: Json) => one.type === 'message.received'),
  )
  expect(events.find((one: Json) => one.type === 'message.received').data).toMatchObject({
    ...{ from: 'desk', to: device.username, text: hello.body },
  })
})
