import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallId, RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import { type ApiLab, apiLab, callRecord, ours, startMs, theirs } from './api-lab.ts'

const bytes = Buffer.from(Array.from({ length: 100 }, (_, n) => n))
const id = '33333333-2222-4333-8444-555555555555' as RecordingId
const callId = '11111111-2222-4333-8444-555555555555' as CallId
const settings = '/v1/voice/recording-links'
let lab: ApiLab
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-links-'))
  await writeFile(join(folder, 'a.wav'), bytes)
  lab = await apiLab()
  await lab.put(callRecord({ answeredAtMs: startMs, recordingId: id }), [
    { type: 'recording.started', callId, atMs: startMs, data: { recordingId: id } },
    { type: 'digit.received', callId, atMs: startMs + 500, data: { digit: '7' } },
    { type: 'call.held', callId, atMs: startMs + 900, data: { by: 'api' } },
    { type: 'digit.received', callId, atMs: startMs + 1_200, data: { digit: '4' } },
  ])
  await save()
})
afterEach(async () => {
  await lab.close()
  await rm(folder, { recursive: true })
})

const save = (changes: Partial<RecordingRecord> = {}) =>
  lab.store.recordings.save({
    ...{ id, accountId: ours.id, callId, status: 'completed', failure: null, channels: 2 },
    ...{ path: join(folder, 'a.wav'), durationMs: 1_499, bytes: 100, createdAtMs: startMs },
    spans: [{ kind: 'masked', startMs: 1_000, endMs: 1_400 }],
    ...changes,
  })

interface Link {
  readonly url: string
  readonly page_url: string | null
  readonly expires_at: string
}

async function link(payload: object = {}): Promise<Link> {
  const url = `/v1/voice/recordings/${id}/links`
  const { status, body } = await lab.ask({ method: 'POST', url, payload })
  expect([status, body]).toEqual([201, expect.anything()])
  return body as Link
}

/** Without any key. */
const open = (url: string, headers: Record<string, string> = {}) =>
  lab.app.inject({ url: new URL(url).pathname + new URL(url).search, headers })

test('a link needs no key, serves ranges, and tells which file it is', async () => {
  const { url, page_url, expires_at } = await link({ ttl: 60 })
  expect(Date.parse(expires_at)).toBe(startMs + 60_000)
  expect(url).toBe(`${page_url}/audio`)
  const whole = await open(url)
  expect([whole.statusCode, whole.headers['content-type']]).toEqual([200, 'audio/wav'])
  expect(whole.rawPayload).toEqual(bytes)
  const part = await open(url, { range: 'bytes=-10' })
  expect([part.statusCode, part.headers['content-range']]).toEqual([206, 'bytes 90-99/100'])
  expect(part.rawPayload).toEqual(bytes.subarray(90))
  const saved = await open(`${url}?download=1`)
  expect(saved.headers['content-disposition']).toMatch(/^attachment; filename="recording-.*\.wav"$/)
  expect((await open(url, { range: 'bytes=200-' })).statusCode).toBe(416)
})

test('it ends by itself, with the recording, when links are revoked, and with the account', async () => {
  const { url } = await link({ ttl: 1 })
  lab.time.nowMs += 999
  expect((await open(url)).statusCode).toBe(200)
  lab.time.nowMs += 1
  expect((await open(url)).statusCode).toBe(404)

  const revoked = await link()
  expect((await lab.ask({ method: 'DELETE', url: settings })).status).toBe(204)
  expect((await open(revoked.url)).statusCode).toBe(404)
  expect((await lab.ask({ url: settings })).body).toEqual({
    ...{ webhook_ttl: null, revoked_at: new Date(lab.time.nowMs).toISOString() },
  })

  const { url: good } = await link()
  await lab.store.accounts.update({ ...ours, status: 'suspended' })
  expect((await open(good)).statusCode).toBe(404)
  await lab.store.accounts.update(ours)
  expect((await open(good)).statusCode).toBe(200)
  await lab.ask({ method: 'DELETE', url: `/v1/voice/recordings/${id}` })
  expect((await open(good)).statusCode).toBe(404)
})

test('it can not be widened: not to the page, not to another recording, not to another time', async () => {
  const { url, page_url } = await link({ use: 'audio' })
  expect(page_url).toBeNull()
  const page = url.replace(/\/audio$/, '')
  for (const part of ['details', 'peaks']) {
    expect((await open(`${page}/${part}`)).statusCode).toBe(404)
  }
  const token = page.slice(page.lastIndexOf('/') + 1)
  for (let at = 0; at < token.length; at += 7) {
    const other = token[at] === 'A' ? 'B' : 'A'
    const forged = token.slice(0, at) + other + token.slice(at + 1)
    const answer = await open(url.replace(token, forged))
    expect([at, answer.statusCode]).toEqual([at, 404])
  }
  expect((await open(url)).statusCode).toBe(200)
})

test('the page tells what happened, but never which keys were pressed', async () => {
  const transcript = {
    text: 'Hello there.',
    segments: [{ startMs: 100, endMs: 900, channel: 0, text: 'Hello there.' }],
  }
  await lab.store.recordings.amend(id, { transcriptStatus: 'completed', transcript })
  const { page_url } = await link()
  const details = (await open(`${page_url}/details`)).json()
  expect(details).toMatchObject({
    ...{ duration: 1.499, channels: 2, format: 'wav', transcript_status: 'completed' },
    spans: [{ kind: 'masked', start: 1, end: 1.4, held: null }],
    segments: [{ start: 0.1, end: 0.9, channel: 0, text: 'Hello there.' }],
    marks: [
      { kind: 'digit', at: 0.5, text: 'Key' },
      { kind: 'hold', at: 0.9, text: 'Put on hold' },
      { kind: 'digit', at: 1.2, text: 'Key' },
    ],
  })
  const peaks = await open(`${page_url}/peaks?buckets=10&from=0.5`)
  expect(peaks.json()).toMatchObject({ from: 0.5, channels: [{}, {}] })
  expect((await open(`${page_url}/peaks?buckets=1`)).statusCode).toBe(400)
  // With a key they are told, but for those that were masked.
  const marks = await lab.ask({ url: `/v1/voice/recordings/${id}/marks` })
  expect(marks.body).toMatchObject({ marks: [{ text: 'Key 7' }, {}, { text: 'Key' }] })
})

test('a link is for what is there and ours, for a second to a week', async () => {
  const url = `/v1/voice/recordings/${id}/links`
  for (const payload of [{ ttl: 0 }, { ttl: 604_801 }, { ttl: 1.5 }, { use: 'all' }, { x: 1 }]) {
    expect((await lab.ask({ method: 'POST', url, payload })).status).toBe(400)
  }
  await save({ status: 'in-progress' })
  expect((await lab.ask({ method: 'POST', url, payload: {} })).status).toBe(409)
  await save({ accountId: theirs.id })
  expect((await lab.ask({ method: 'POST', url, payload: {} })).status).toBe(404)
})

test('no link stands in the log', async () => {
  const { url, page_url } = await link()
  await open(url)
  await open(`${page_url}/details`)
  await open(`${url}x`)
  const token = String(page_url).split('/').at(-1)
  expect(JSON.stringify(lab.log.lines)).not.toContain(String(token).slice(-30))
})

test('an account may have links in its webhooks', async () => {
  const { recordingLinks } = lab.options.services
  expect(recordingLinks.inWebhook(ours.id, id)).toBeUndefined()
  const change = (webhook_ttl: unknown) =>
    lab.ask({ method: 'PATCH', url: settings, payload: { webhook_ttl } })
  expect((await change(300)).body).toEqual({ webhook_ttl: 300, revoked_at: null })
  const token = recordingLinks.inWebhook(ours.id, id) ?? ''
  expect((await open(`http://x.example/listen/${token}/audio`)).statusCode).toBe(200)
  expect(recordingLinks.inWebhook(theirs.id, id)).toBeUndefined()
  await lab.ask({ method: 'DELETE', url: settings })
  expect((await open(`http://x.example/listen/${token}/audio`)).statusCode).toBe(404)
  const fresh = recordingLinks.inWebhook(ours.id, id) ?? ''
  expect((await open(`http://x.example/listen/${fresh}/audio`)).statusCode).toBe(200)
  expect((await change(0)).status).toBe(400)
  expect((await change(null)).body).toMatchObject({ webhook_ttl: null })
  expect(recordingLinks.inWebhook(ours.id, id)).toBeUndefined()
})
