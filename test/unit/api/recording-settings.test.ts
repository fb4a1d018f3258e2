import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RecordingId } from '../../../engine/core/ids.ts'
import { keyPair, newFolder } from '../recordings/vault-lab.ts'
import { type ApiLab, apiLab, otherKey, ours, startMs } from './api-lab.ts'

const url = '/v1/voice/recording-settings'
let lab: ApiLab
beforeAll(async () => {
  lab = await apiLab()
})
afterAll(() => lab.close())

type Method = 'GET' | 'PUT' | 'PATCH' | 'DELETE'
const ask = (method: Method, at: string, payload?: object, headers = {}) =>
  lab.ask({ method, url: at, headers, ...(payload && { payload }) })
const errorOf = (body: unknown) => (body as { error: Record<string, unknown> }).error

const nothing = {
  ...{ retention_days: null, encryption_key: null, encryption_key_id: null, format: null },
  ...{ beep_every: null, announcement: null, transcribe: false },
}

test('an account has nothing set; what it sets is kept whole, and its own', async () => {
  expect((await ask('GET', url)).body).toEqual(nothing)
  const { publicKey } = keyPair('x25519')
  const given = {
    ...{ retention_days: 30, encryption_key: publicKey, format: 'opus', beep_every: 15 },
    ...{ announcement: 'This call is recorded', transcribe: true },
  }
  const set = await ask('PUT', url, given)
  expect([set.status, set.body]).toEqual([
    200,
    { ...given, encryption_key_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
  ])
  expect((await ask('GET', url)).body).toEqual(set.body)
  expect((await ask('GET', url, undefined, { 'x-api-key': otherKey })).body).toEqual(nothing)
  expect((await ask('PUT', url, { retention_days: 5 })).body).toEqual({
    ...nothing,
    retention_days: 5,
  })
})

test('a change leaves what it does not name, and takes away what is null', async () => {
  const { publicKey } = keyPair('x25519')
  const set = { retention_days: 30, beep_every: 15, format: 'opus', transcribe: true }
  await ask('PUT', url, set)
  const changed = await ask('PATCH', url, { encryption_key: publicKey, format: null })
  const encryption_key_id = expect.stringMatching(/^[0-9a-f]{32}$/)
  const kept = { ...nothing, ...set, format: null, encryption_key: publicKey, encryption_key_id }
  expect([changed.status, changed.body]).toEqual([200, kept])
  expect((await ask('PATCH', url, {})).body).toEqual(kept)
  const without = { ...nothing, ...set, format: null, transcribe: false }
  const last = await ask('PATCH', url, { encryption_key: null, transcribe: false })
  expect(last.body).toEqual(without)
  expect((await ask('PATCH', url, { retention_days: 0 })).status).toBe(400)
  await ask('PUT', url, {})
})

test('keys that nothing can be encrypted for are refused, and never shown', async () => {
  const { privateKey } = keyPair('rsa')
  for (const encryption_key of ['nonsense', privateKey]) {
    const answer = await ask('PUT', url, { encryption_key })
    expect([answer.status, errorOf(answer.body)['field']]).toEqual([400, 'encryption_key'])
    expect(JSON.stringify(answer.body)).not.toContain(encryption_key.slice(30, 60) || '?')
  }
})

test.each([
  [{ retention_days: 0 }],
  [{ retention_days: 1.5 }],
  [{ format: 'mp3' }],
  [{ beep_every: -1 }],
  [{ transcribe: 'yes' }],
  [{ unknown: 1 }],
])('%j is refused', async (body) => {
  expect((await ask('PUT', url, body)).status).toBe(400)
})

async function recording(digit: string): Promise<string> {
  const id = `55555555-2222-4333-8444-55555555555${digit}` as RecordingId
  const path = join(newFolder(), `${id}.wav`)
  writeFileSync(path, 'RIFF')
  await lab.store.recordings.save({
    ...{ id, accountId: ours.id, callId: null, status: 'completed', failure: null, path },
    ...{ channels: 2, durationMs: 1000, bytes: 4, createdAtMs: startMs },
  })
  return `/v1/voice/recordings/${id}`
}

test('a recording on hold is deleted by nobody', async () => {
  const path = await recording('1')
  const held = await ask('PATCH', path, { hold: true, hold_reason: 'case 4711' })
  expect([held.status, held.body]).toMatchObject([200, { hold_reason: 'case 4711' }])
  const refused = await ask('DELETE', path)
  expect([refused.status, errorOf(refused.body)['code']]).toEqual([409, 'recording_on_hold'])
  expect((await ask('GET', path)).status).toBe(200)
  expect((await ask('PATCH', path, { hold: false })).body).toMatchObject({ hold_reason: null })
  expect((await ask('DELETE', path)).status).toBe(204)
  expect((await ask('GET', path)).status).toBe(404)
})

test('a recording may have a time of its own', async () => {
  const path = await recording('2')
  const retain_until = new Date(startMs + 86_400_000).toISOString()
  expect((await ask('PATCH', path, { retain_until })).body).toMatchObject({ retain_until })
  expect((await ask('PATCH', path, { retain_until: null })).body).toMatchObject({
    retain_until: null,
  })
  for (const bad of [
    { retain_until: new Date(startMs - 1).toISOString() },
    { retain_until: 'tomorrow' },
    { hold: true },
    { hold_reason: 'x' },
    { hold: false, hold_reason: 'x' },
  ]) {
    expect((await ask('PATCH', path, bad)).status).toBe(400)
  }
})

test('what is not encrypted can not be had encrypted', async () => {
  const path = await recording('3')
  const answer = await ask('GET', `${path}/media?sealed=true`)
  expect([answer.status, errorOf(answer.body)['field']]).toEqual([400, 'sealed'])
})
