/** One device, a desk phone and a browser: both ring, and whoever is too late is told that it was answered elsewhere. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { whenRegistered } from '../support/registered.ts'
import { toneOf } from '../support/tone-times.ts'
import { BrowserPhone, firstPassword } from './support/browser-phone.ts'

const user = '1001'
const toneHz = 1100
let engine: EngineProcess
let desk: BaresipPhone
let browser: BrowserPhone
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  engine = await startEngine()
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function bothRegistered(): Promise<void> {
  const port = await freePort()
  desk = await whenRegistered(engine, user, async () => {
    const phone = await startBaresip({
      user,
      password: firstPassword(engine, user),
      registrar: `127.0.0.1:${engine.sipPort}`,
      port,
      says: toneOf(toneHz, 60),
      answers: 'by-hand',
    })
    stops.push(() => phone.stop())
    return phone
  })
  // It has registered once it has started.
  browser = await BrowserPhone.start(engine, user, { voice: toneOf(toneHz, 60) })
  stops.push(() => browser.stop())
}

/** A call to the device at which both ring. */
async function ringing(): Promise<string> {
  const verbs = [{ verb: 'pause', length: 30 }]
  const call = { to: user, from: '+15005550100', verbs }
  const made = await engine.send('POST', '/v1/voice/calls', call)
  expect(made.status).toBe(201)
  await browser.sees('incoming')
  await eventually(
    async () => desk.output(),
    (text) => /incoming call/i.test(text),
  )
  return made.body.id
}
const callIs = (id: string, wanted: string): Promise<Json> =>
  eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    ({ status }) => status === wanted,
  )
const cancelsOf = async (id: string): Promise<string[]> => {
  const { messages } = (await engine.get(`/v1/voice/calls/${id}/sip`)).body
  const cancels = messages.filter(
    ({ method, status }: Json) => method === 'CANCEL' && status === null,
  )
  return cancels.map(({ raw }: Json) => raw)
}

test('the desk phone answers: the browser stops ringing, and has missed nothing', async () => {
  await bothRegistered()
  const id = await ringing()
  await desk.command('accept')
  await callIs(id, 'in-progress')
  expect(await browser.sees('call1 disconnect')).toMatchObject({
    by: 'remote',
    answeredElsewhere: true,
  })
  const recent = (await engine.get(`/v1/voice/devices/${user}/calls`)).body.calls
  expect(recent.filter(({ outcome }: Json) => outcome === 'missed')).toEqual([])
  await engine.send('DELETE', `/v1/voice/calls/${id}`)
})

test('the browser answers: the desk phone stops ringing, and is told why', async () => {
  await bothRegistered()
  const id = await ringing()
  await browser.do('accept')
  await browser.sees('call1 accept')
  await callIs(id, 'in-progress')
  const cancels = await eventually(
    () => cancelsOf(id),
    (all) => all.length > 0,
  )
  for (const cancel of cancels) {
    expect(cancel).toMatch(/^Reason: SIP;cause=200;text="Call completed elsewhere"\r?$/m)
  }
  await eventually(
    async () => desk.output(),
    (text) => /session closed/i.test(text) || /completed elsewhere|answered elsewhere/i.test(text),
  )
  expect((await callIs(id, 'in-progress')).status).toBe('in-progress')
  await browser.do('hangup')
  await callIs(id, 'completed')
  expect(await cancelsOf(id)).toHaveLength(cancels.length)
})
