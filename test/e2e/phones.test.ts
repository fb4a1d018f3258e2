import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import { whenRegistered } from '../support/registered.ts'
import { type SippPhone, startSippPhone } from '../support/sipp-phone.ts'
import { voice } from '../support/voice.ts'

const trunkAddress = '127.0.0.3'
const trunkPort = await freePort()
const behindTrunk = '+61255500001'
const deviceNumber = '+61255501001'

let engine: EngineProcess
let baresip: BaresipPhone | undefined
let sipp: SippPhone | undefined
beforeAll(async () => {
  engine = await startEngine()
  const trunk = { name: 'sipp', host: trunkAddress, port: trunkPort, prefixes: ['+612555'] }
  expect((await engine.send('POST', '/v1/voice/trunks', trunk)).status).toBe(201)
  const number = { number: deviceNumber, route: { device: '1001' } }
  expect((await engine.send('POST', '/v1/voice/numbers', number)).status).toBe(201)
})
afterEach(async () => {
  await baresip?.stop()
  sipp?.stop()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

/** One of the two devices that the first start printed. */
function printedDevice(username: string): { username: string; password: string } {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  return logins.devices.find((device: Json) => device.username === username)
}

async function registered(
  says: Int16Array,
  transport: 'udp' | 'tcp' | 'tls',
): Promise<BaresipPhone> {
  const { username, password } = printedDevice('1001')
  const port = await freePort()
  return whenRegistered(engine, '1001', async () => {
    baresip = await startBaresip({
      user: username,
      password,
      registrar: `127.0.0.1:${transport === 'tls' ? engine.tlsPort : engine.sipPort}`,
      port,
      transport,
      says,
    })
    return baresip
  })
}

async function triggered(agentPhone: string, leadPhone: string): Promise<string> {
  const body = { agentPhone, leadPhone, leadName: 'Sarah Johnson', source: 'Zillow' }
  const answer = await engine.send('POST', '/api/voice/trigger-call', body)
  expect(answer).toMatchObject({ status: 200, body: { success: true } })
  return answer.body.callId
}

const callNow = async (id: string): Promise<Json> =>
  (await engine.get(`/api/voice/calls/${id}`)).body

const ended = (id: string): Promise<Json> =>
  eventually(
    () => callNow(id),
    (now) => now.status === 'completed' || now.status === 'failed',
    30_000,
  )

async function recording(url: string): Promise<{ left: Int16Array; right: Int16Array }> {
  const response = await fetch(url, { headers: { 'x-api-key': engine.apiKey } })
  const { samples } = readWav(new Uint8Array(await response.arrayBuffer()))
  return { left: samples[0]!, right: samples[1]! }
}

describe('sipp behind a trunk and a registered baresip', () => {
  test('sipp is the agent, baresip the lead: both are heard on their own channel', async () => {
    const agentSays = voice('agent')
    const leadSays = voice('lead')
    const phone = await registered(leadSays, 'udp')
    const trunkPhone = await startSippPhone({
      address: trunkAddress,
      port: trunkPort,
      mediaPort: await freePort(),
      sends: [{ silenceMs: 2_000 }, { keys: '1' }, { silenceMs: 1_500 }, { pcm: agentSays }],
      hangUpAfterMs: 9_000,
    })
    sipp = trunkPhone
    const id = await triggered(behindTrunk, deviceNumber)
    await eventually(
      () => callNow(id),
      (call) => call.status === 'connected',
    )
    const call = await ended(id)
    expect(call.status, trunkPhone.log()).toBe('completed')
    expect(await trunkPhone.done(), trunkPhone.log()).toBe(0)
    const { left, right } = await recording(call.recordingUrl)
    expect(likeness(agentSays, left)).toBeGreaterThanOrEqual(0.95)
    expect(likeness(leadSays, right)).toBeGreaterThanOrEqual(0.95)
    expect(likeness(agentSays, right)).toBeLessThan(0.5)
    expect(likeness(leadSays, left)).toBeLessThan(0.5)
    await phone.stop()
    const heard = phone.heard()
    expect(rmsDbfs(heard)).toBeGreaterThan(-50)
    expect(likeness(agentSays, heard)).toBeGreaterThanOrEqual(0.95)
  })

  test('baresip (TCP) is the agent, sipp the lead', async () => {
    const agentSays = voice('agent')
    const leadSays = voice('lead')
    const phone = await registered(agentSays, 'tcp')
    const trunkPhone = await startSippPhone({
      address: trunkAddress,
      port: trunkPort,
      mediaPort: await freePort(),
      sends: [{ silenceMs: 500 }, { pcm: leadSays }],
      hangUpAfterMs: 6_000,
    })
    sipp = trunkPhone
    const id = await triggered(deviceNumber, behindTrunk)
    await eventually(
      async () => (await engine.get('/v1/voice/calls?status=in-progress')).body.total,
      (total) => total === 1,
    )
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await phone.press('1')
    const call = await ended(id)
    expect(call.status, trunkPhone.log()).toBe('completed')
    expect(await trunkPhone.done(), trunkPhone.log()).toBe(0)
    const { left, right } = await recording(call.recordingUrl)
    expect(likeness(leadSays, right)).toBeGreaterThanOrEqual(0.95)
    expect(likeness(leadSays, left)).toBeLessThan(0.5)
    expect(rmsDbfs(left)).toBeGreaterThan(-50)
  })
})

describe('baresip over TLS', () => {
  const devices = async (): Promise<Json[]> => (await engine.get('/v1/voice/devices')).body.devices
  const calls = async (): Promise<Json[]> => (await engine.get('/v1/voice/calls')).body.calls

  test('registers, hears itself on the lab’s echo, and is called', async () => {
    const says = voice('agent')
    const phone = await registered(says, 'tls')
    const device = (await devices()).find((one) => one.username === '1001')
    expect(device?.contacts[0].source).toMatch(/^tls\/127\.0\.0\.1:\d+$/)

    await phone.command('dial', `sip:+15005550140@127.0.0.1:${engine.tlsPort};transport=tls`)
    await eventually(calls, (all) => all.some(({ status }) => status === 'in-progress'))
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await phone.command('hangup')
    await eventually(calls, (all) => all.every(({ status }) => status !== 'in-progress'))

    const made = await engine.send('POST', '/v1/voice/calls', {
      to: '1001',
      from: '+15005550100',
      verbs: [{ verb: 'pause', length: 1 }],
    })
    expect(made.status).toBe(201)
    const call = await eventually(
      async () => (await engine.get(`/v1/voice/calls/${made.body.id}`)).body,
      ({ status }) => status === 'completed' || status === 'failed',
    )
    expect(call.status, phone.output()).toBe('completed')
    await phone.stop()
    expect(likeness(says, phone.heard())).toBeGreaterThanOrEqual(0.95)
  })
})
