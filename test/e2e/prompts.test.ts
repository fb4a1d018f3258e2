import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { integratedLoudness } from '../../engine/dsp/loudness.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/sounds/${name}`, import.meta.url))

let engine: EngineProcess
let music: string
beforeAll(async () => {
  music = mkdtempSync(join(tmpdir(), 'ringdown-music-'))
  mkdirSync(join(music, 'tones'))
  copyFileSync(fixture('tone.opus'), join(music, 'tones', 'a.opus'))
  engine = await startEngine({ RINGDOWN_MUSIC_DIR: music })
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
  rmSync(music, { recursive: true, force: true })
})

const call = (verbs: object[]) =>
  engine.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100', record: true, verbs },
  })
const calls = async (): Promise<Json> => (await engine.get('/v1/voice/calls')).body.total

/** What was played into the call: its louder 2 s, in LUFS. */
async function heardIn(id: string): Promise<number> {
  const ended = await eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    ({ status }) => status === 'completed',
    30_000,
  )
  const recordings = await eventually(
    async () => (await engine.get(`/v1/voice/recordings?call_id=${ended.id}`)).body.recordings,
    ([first]) => first?.status === 'completed',
  )
  const response = await fetch(recordings[0].media_url, { headers: { 'x-api-key': engine.apiKey } })
  const { samples, rateHz } = readWav(new Uint8Array(await response.arrayBuffer()))
  const levels = samples.map((channel) => integratedLoudness([channel], rateHz) ?? -99)
  return Math.max(...levels)
}

test('an MP3 that was uploaded is heard at the level of all prompts', async () => {
  const uploaded = await fetch(`${engine.httpUrl}/v1/voice/prompts?name=tone`, {
    method: 'POST',
    headers: { 'x-api-key': engine.apiKey, 'content-type': 'audio/mpeg' },
    body: readFileSync(fixture('tone.mp3')),
  })
  expect(uploaded.status).toBe(201)
  const { body, status } = await call([{ verb: 'play', url: 'prompt:tone', loop: 4 }])
  expect([status, body]).toEqual([201, body])
  expect(Math.abs((await heardIn(body.id)) + 23)).toBeLessThan(1)
})

test('what can not be played is refused, and nobody is called for it', async () => {
  const before = await calls()
  for (const verbs of [
    [{ verb: 'play', url: 'prompt:nothing' }],
    [{ verb: 'gather', prompts: [{ verb: 'play', url: 'prompt:nothing' }], num_digits: 1 }],
    [{ verb: 'park', music_url: 'music:nothing' }],
    [{ verb: 'play', url: 'music:tones' }],
  ])
    expect((await call(verbs)).status, JSON.stringify(verbs)).toBe(400)
  expect(await calls()).toBe(before)
})

test('a class of music is heard by who is parked, at the level of all prompts', async () => {
  const { body, status } = await call([
    { verb: 'park', music_url: 'music:tones', timeout: 3 },
    { verb: 'hangup' },
  ])
  expect([status, body]).toEqual([201, body])
  expect(Math.abs((await heardIn(body.id)) + 23)).toBeLessThan(1)
})
