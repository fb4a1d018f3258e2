import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resample } from '../../engine/dsp/resampler.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import { type LabSound, labSentences } from '../../engine/lab/plan.ts'
import { createSpeech } from '../../tts/index.ts'
import { silentLog } from '../support/call-lab.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'

const agent = '+15005550111'
const lead = '+15005550130'
const ownNumber = '+15005550100'

let engine: EngineProcess
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const trigger = (body: object) => engine.send('POST', '/api/voice/trigger-call', body)

async function triggered(agentPhone: string, leadPhone: string): Promise<string> {
  const { status, body } = await trigger({ agentPhone, leadPhone, leadName: 'Sarah Johnson' })
  expect(status).toBe(200)
  return body.callId
}

const s0 = async (id: string): Promise<Json> => (await engine.get(`/api/voice/calls/${id}`)).body
const ended = (id: string) =>
  eventually(
    () => s0(id),
    (call) => call.status === 'completed' || call.status === 'failed',
    60_000,
  )

async function placed(to: string, more: object = {}): Promise<string> {
  const body = { to, from: ownNumber, ...more }
  const answer = await engine.send('POST', '/v1/voice/calls', body)
  expect(answer.status).toBe(201)
  return answer.body.id
}
const s1 = async (id: string): Promise<Json> => (await engine.get(`/v1/voice/calls/${id}`)).body
const over = ['completed', 'failed', 'busy', 'no-answer', 'canceled']
const finished = (id: string) =>
  eventually(
    () => s1(id),
    (call) => over.includes(call.status),
    60_000,
  )

async function recordingOf(url: string): Promise<{ left: Int16Array; right: Int16Array }> {
  const response = await fetch(url, { headers: { 'x-api-key': engine.apiKey } })
  expect(response.status).toBe(200)
  const wav = readWav(new Uint8Array(await response.arrayBuffer()))
  expect(wav).toMatchObject({ rateHz: 8_000, channels: 2 })
  return { left: wav.samples[0]!, right: wav.samples[1]! }
}

/** What a lab voice says, from the engine's own cache. */
async function labVoice(who: LabSound): Promise<Int16Array> {
  const speech = createSpeech({ dataDir: engine.dataDir, log: silentLog, loudnessLufs: -23 })
  const { path } = await speech.synthesise({ text: labSentences[who] })
  const { samples, rateHz } = readWav(readFileSync(path))
  return resample(samples[0]!, rateHz, 8_000)
}

describe('the trigger-call flow on the lab carrier', () => {
  test('agent hears the whisper, presses 1, lead is connected, both are recorded', async () => {
    const id = await triggered(agent, lead)
    await eventually(
      () => s0(id),
      (call) => call.status === 'connected',
    )
    const call = await ended(id)
    expect(call).toMatchObject({ status: 'completed', agentPhone: agent, leadPhone: lead })
    const { left, right } = await recordingOf(call.recordingUrl)
    const agentVoice = await labVoice('agent')
    const leadVoice = await labVoice('lead')
    expect(likeness(agentVoice, left)).toBeGreaterThanOrEqual(0.95)
    expect(likeness(leadVoice, right)).toBeGreaterThanOrEqual(0.95)
    // Most of it: they have words in common.
    expect(likeness(agentVoice, right, 0.5)).toBeLessThan(0.5)
    expect(likeness(leadVoice, left, 0.5)).toBeLessThan(0.5)
  })

  test.each([
    ['+15005550180', lead, 'agent_declined'],
    ['+15005550182', lead, 'agent_declined'],
    ['+15005550184', lead, 'trunk_error'],
    [agent, '+15005550180', 'lead_busy'],
    [agent, '+15005550183', 'trunk_error'],
  ])('agent %s, lead %s: %s', async (agentPhone, leadPhone, reason) => {
    const call = await ended(await triggered(agentPhone, leadPhone))
    expect(call).toMatchObject({ status: 'failed', reason })
  })

  test('the key by SIP INFO counts too', async () => {
    expect(await ended(await triggered('+15005550121', lead))).toMatchObject({
      status: 'completed',
    })
  })
})

describe('calls of the native API on the lab carrier', () => {
  test.each([
    ['+15005550180', 'busy'],
    ['+15005550182', 'failed'],
    ['+15005550183', 'failed'],
    ['+15005550199', 'failed'],
  ])('%s ends as %s', async (to, status) => {
    expect((await finished(await placed(to))).status).toBe(status)
  })

  test('nobody answers', async () => {
    const call = await finished(await placed('+15005550181', { timeout: 5 }))
    expect(call.status).toBe('no-answer')
  })

  test('the recording of an echo call holds what was said on both channels', async () => {
    const verbs = [
      { verb: 'say', text: 'One two three four five six seven eight nine ten.' },
      { verb: 'pause', length: 1 },
    ]
    const call = await finished(await placed('+15005550140', { record: true, verbs }))
    expect(call.status).toBe('completed')
    const { left, right } = await recordingOf(call.recording_url)
    expect(likeness(left.subarray(2_000), right)).toBeGreaterThanOrEqual(0.95)
  })

  test('the lab calls back, and the welcome message answers', async () => {
    const before = (await engine.get('/v1/voice/calls?direction=inbound')).body.total
    await finished(await placed('+15005550190'))
    await eventually(
      async () => (await engine.get('/v1/voice/calls?direction=inbound')).body,
      (list) => list.total === before + 1 && list.calls[0].status === 'completed',
      30_000,
    )
  })

  test('a call back with a late offer', async () => {
    const before = (await engine.get('/v1/voice/calls?direction=inbound')).body.total
    await finished(await placed('+15005550191'))
    await eventually(
      async () => (await engine.get('/v1/voice/calls?direction=inbound')).body,
      (list) => list.total === before + 1 && list.calls[0].status === 'completed',
      30_000,
    )
  })
})
