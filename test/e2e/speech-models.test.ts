import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readWav } from '../../engine/dsp/wav.ts'
import { startApplication } from '../support/application.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
  testKey,
} from '../support/engine-process.ts'
import { pitchesOf } from '../support/onnx/pitch.ts'
import { writeToneCtc } from '../support/onnx/tone-ctc.ts'
import { toneHz, writeToneSpeech } from '../support/onnx/tone-speech.ts'
import { toneMs, toneOf } from '../support/tone-times.ts'

// A model that speaks in tones, and one that hears tones as words: d is 500 Hz, which is `low`; n is 1000, `middle`.
let folder: string
let engine: EngineProcess
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'))
  await writeToneSpeech(join(folder, 'voices', 'tone'))
  await writeToneCtc(join(folder, 'ctc'))
  await writeToneCtc(join(folder, 'ctc', 'de'), ['tief', 'mittel', 'hoch'])
  engine = await startEngine({
    RINGDOWN_TTS_MODEL_DIR: join(folder, 'voices'),
    RINGDOWN_TRANSCRIBE_MODEL_DIR: join(folder, 'ctc'),
    RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8',
  })
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
  await rm(folder, { recursive: true })
})

/** A tone that was cut in two on its way, as on a busy machine, is the same word twice. */
const onceEach = (text: string) => text.replaceAll(/\b(\w+)(?: \1\b)+/g, '$1')

test('a voice of a model is listed, and can be heard', async () => {
  const { body } = await engine.get('/v1/voice/voices?provider=sherpa')
  expect(body.voices).toMatchObject([{ id: 'sherpa:tone', language: 'en', sample_rate: 16_000 }])
  const url = `${engine.httpUrl}${body.voices[0].sample_url}`
  const answer = await fetch(url, { headers: { 'x-api-key': testKey } })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'audio/wav'])
  const { samples, rateHz } = readWav(new Uint8Array(await answer.arrayBuffer()))
  // Good day.
  const [first = 0, second = 0] = pitchesOf(samples[0] ?? new Int16Array(0), rateHz, 0.08 * rateHz)
  expect(first).toBeCloseTo(toneHz('g'), -2)
  expect(second).toBeCloseTo(toneHz('o'), -2)
})

test('a call speaks with it; its recording becomes text, who said what', async () => {
  const made = await engine.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100', record: true },
    verbs: [
      { verb: 'pause', length: 1 },
      { verb: 'say', text: 'ddddd nnnnn', voice: 'tone' },
      { verb: 'pause', length: 2 },
      { verb: 'hangup' },
    ],
  })
  expect(made.status).toBe(201)
  const found = await eventually(
    () => engine.get(`/v1/voice/recordings?call_id=${made.body.id}`),
    ({ body }) => body.recordings[0]?.status === 'completed',
  )
  const [recording] = found.body.recordings
  expect(recording.transcript.status).toBeNull()
  const path = `/v1/voice/recordings/${recording.id}`
  const asked = await engine.send('POST', `${path}/transcription`)
  expect([asked.status, asked.body.transcript.status]).toEqual([202, 'pending'])
  const done = await eventually(
    () => engine.get(path),
    ({ body }) => body.transcript.status !== 'pending',
  )
  const { transcript } = done.body
  expect(transcript).toMatchObject({ status: 'completed', failure: null })
  // What was said to the other side, and its echo.
  expect(transcript.segments.map(({ text }: { text: string }) => onceEach(text))).toEqual([
    ...['low middle', 'low middle'],
  ])
  expect(new Set(transcript.segments.map(({ channel }: { channel: number }) => channel)).size).toBe(
    2,
  )
  const events = await engine.get('/v1/voice/events?types=recording.transcribed')
  expect(events.body.events).toHaveLength(1)
})

test('a caller interrupts a prompt with words, which the application is told, as it is the text of his message', async () => {
  const application = await startApplication()
  const login = { username: 'caller', password: 'password-of-caller' }
  const device = await engine.send('POST', '/v1/voice/devices', login)
  expect(device.status).toBe(201)
  const phone = await DeskPhone.open(engine.sipPort, login)
  try {
    // 80 s long, at 600 Hz.
    const prompt = { verb: 'say', text: 'f'.repeat(100), voice: 'tone', loop: 10 }
    const asks = {
      verb: 'gather',
      input: ['digits', 'speech'],
      prompt,
      ...{ language: 'de-AT', speech_timeout: 2, partial_callback: '/part' },
      action: '/said',
    }
    application.json('/welcome', [{ verb: 'answer' }, asks])
    const record = '<Record playBeep="false" timeout="0" transcribe="true" action="/over"'
    application.on('/said', (response) => {
      response.writeHead(200, { 'content-type': 'text/xml' })
      response.end(`<Response>${record} transcribeCallback="/text"/></Response>`)
    })
    application.json('/part', {})
    application.json('/text', {})
    const number = '+61290000077'
    const route = { url: `${application.url}/welcome` }
    expect((await engine.send('POST', '/v1/voice/numbers', { number, route })).status).toBe(201)
    const call = await phone.call(number)
    const promptMs = () => toneMs(phone.audio.heard(), toneHz('f'))
    await eventually(
      async () => promptMs(),
      (ms) => ms > 500,
    )
    const said = new Int16Array(8_000)
    said.set(toneOf(500, 1).subarray(0, 2_400), 1_600)
    said.set(toneOf(2000, 1).subarray(0, 2_400), 5_600)
    const parts = () => application.asked.filter(({ path }) => path === '/part')
    while (parts().length === 0) await phone.audio.talk(said)
    await eventually(
      () => engine.get('/v1/voice/recordings?page_size=100'),
      ({ body }) => body.recordings.some(({ status }: Json) => status === 'in-progress'),
    )
    const paths = application.asked.map(({ path }) => path)
    expect(paths.filter((path) => path !== '/part')).toEqual(['/welcome', '/said'])
    expect(parts()[0]?.json).toMatchObject({
      ...{ unstable_speech: expect.stringMatching(/^tief\b/), sequence_number: 0 },
    })
    await phone.audio.talk(said)
    await call.hangUp()
    const text = await eventually(
      async () => application.asked.find(({ path }) => path === '/text'),
      (one) => one !== undefined,
    )
    const form = Object.fromEntries(new URLSearchParams(text?.text))
    expect(form).toMatchObject({ TranscriptionStatus: 'completed', To: number })
    expect(onceEach(form['TranscriptionText'] ?? '')).toBe('low high')
    const { body: shown } = await engine.get(new URL(form['TranscriptionUrl'] ?? '').pathname)
    expect(shown.transcript.text).toBe(form['TranscriptionText'])
    expect(text?.headers).toHaveProperty('x-twilio-signature')
    const speech: string = application.asked.find(({ path }) => path === '/said')?.json.speech ?? ''
    expect(onceEach(speech)).toMatch(/^tief hoch(?: tief hoch)*$/)
    expect(promptMs()).toBeLessThan(40_000)
    const events = await engine.get('/v1/voice/events?types=speech.recognised')
    expect(events.body.events).toMatchObject([{ data: { speech } }])
  } finally {
    phone.close()
    await application.close()
  }
})
