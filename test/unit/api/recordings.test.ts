import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readRange } from '../../../engine/api/frame/byte-range.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { AccountId, CallId, RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import { type ApiLab, apiLab, callRecord, ours, startMs, theirs } from './api-lab.ts'

let lab: ApiLab
let folder: string
const bytes = Buffer.from(Array.from({ length: 100 }, (_, n) => n))
const id = '33333333-2222-4333-8444-555555555555' as RecordingId
const callId = '11111111-2222-4333-8444-555555555555' as CallId
const base = '/v1/voice/recordings'
const errorOf = (body: unknown) => (body as { error: Record<string, string> }).error

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-recordings-'))
  await writeFile(join(folder, 'a.wav'), bytes)
  lab = await apiLab()
  await lab.put(callRecord({ answeredAtMs: startMs, recordingId: id }))
})
afterEach(async () => {
  await lab.close()
  await rm(folder, { recursive: true })
})

async function save(changes: Partial<RecordingRecord> = {}): Promise<void> {
  await lab.store.recordings.save({
    id,
    accountId: ours.id,
    callId,
    status: 'completed',
    failure: null,
    path: join(folder, 'a.wav'),
    channels: 2,
    durationMs: 1_499,
    bytes: 100,
    createdAtMs: startMs,
    ...changes,
  })
}

test('one recording, in every place where it is served', async () => {
  await save()
  const mediaUrl = `http://voice.example${base}/${id}/media`
  for (const place of [base, '/v1/recordings', '/v1/recordings/recordings']) {
    const { status, body } = await lab.ask({ url: `${place}/${id}` })
    expect(status).toBe(200)
    expect(body).toEqual({
      id,
      call_id: callId,
      conference_id: null,
      status: 'completed',
      duration: 1,
      duration_ms: 1_499,
      channels: 2,
      source: 'call',
      format: 'wav',
      rate: 8000,
      price: null,
      price_unit: null,
      media_url: mediaUrl,
      date_created: new Date(startMs).toISOString(),
      bytes: 100,
      sha256: null,
      encrypted: false,
      storage: 'folder',
      ...{ from: '+15005550000', to: '+61412345678', hold: false },
      hold_reason: null,
      retain_until: null,
      spans: [],
      transcript: { status: null, text: null, language: null, segments: [], failure: null },
      failure: null,
    })
    const list = await lab.ask({ url: place })
    expect(list.body).toEqual({ recordings: [body], total: 1, page: 1, page_size: 50 })
    expect((await lab.ask({ url: `${place}/${id}/media` })).status).toBe(200)
  }
  const call = await lab.ask({ url: `/v1/voice/calls/${callId}` })
  expect(call.body).toMatchObject({ recording_url: mediaUrl })
})

test.each([
  [`call_id=${callId}`, 1],
  ['call_id=99999999-2222-4333-8444-555555555555', 0],
  ['call_id=x', 0],
  ['status=completed', 1],
  ['status=in-progress', 0],
  ['page=2', 0],
  ['source=call', 1],
  ['source=voicemail', 0],
  ['created_after=2000-01-01', 1],
  ['created_before=2000-01-01', 0],
  ['min_duration=1.499', 1],
  ['min_duration=1.5', 0],
  ['max_duration=1.4', 0],
  ['transcript=x', 0],
])('list ?%s: %i', async (query, count) => {
  await save()
  const { status, body } = await lab.ask({ url: `${base}?${query}` })
  expect(status).toBe(200)
  expect((body as { recordings: unknown[] }).recordings).toHaveLength(count)
})

test.each([
  ...['page_size=101', 'status=done', 'page=0', 'x=1', 'source=moon', 'created_after=now'],
  ...['min_duration=-1', 'max_duration=long', 'transcript='],
])('list ?%s: 400', async (query) => {
  expect((await lab.ask({ url: `${base}?${query}` })).status).toBe(400)
})

test('while it is being recorded: no media, no peaks, no deleting', async () => {
  await save({ status: 'in-progress', durationMs: null, bytes: null })
  const { body } = await lab.ask({ url: `${base}/${id}` })
  expect(body).toMatchObject({ status: 'in-progress', media_url: null, duration: null })
  for (const request of [
    { url: `${base}/${id}/media` },
    { url: `${base}/${id}/peaks` },
    { method: 'DELETE', url: `${base}/${id}` },
  ] as const) {
    const answer = await lab.ask(request)
    expect([answer.status, errorOf(answer.body)['code']]).toEqual([409, 'recording_in_progress'])
  }
  expect((await stat(join(folder, 'a.wav'))).size).toBe(100)
})

test('DELETE takes the row and the file', async () => {
  await save()
  expect((await lab.ask({ method: 'DELETE', url: `${base}/${id}` })).status).toBe(204)
  await expect(stat(join(folder, 'a.wav'))).rejects.toThrow('ENOENT')
  expect((await lab.ask({ url: `${base}/${id}` })).status).toBe(404)
  expect((await lab.ask({ method: 'DELETE', url: `${base}/${id}` })).status).toBe(404)
})

test('what is not ours or not there is 404', async () => {
  await save({ accountId: theirs.id as AccountId })
  for (const suffix of [`/${id}`, `/${id}/media`, `/${id}/peaks`, '/x', '/x/media']) {
    expect((await lab.ask({ url: `${base}${suffix}` })).status).toBe(404)
  }
  expect((await lab.ask({ method: 'DELETE', url: `${base}/${id}` })).status).toBe(404)
})

test('a file that is gone is 404', async () => {
  await save({ path: join(folder, 'gone.wav') })
  expect((await lab.ask({ url: `${base}/${id}/media` })).status).toBe(404)
  expect((await lab.ask({ url: `${base}/${id}/peaks` })).status).toBe(404)
})

test('one that failed before there was a file: 404', async () => {
  await save({ status: 'failed', failure: 'io_error', path: '', bytes: null })
  for (const place of [base, '/v1/recordings', '/v1/recordings/recordings']) {
    const { status, body } = await lab.ask({ url: `${place}/${id}/media` })
    expect([status, errorOf(body)['code']]).toEqual([404, 'not_found'])
  }
  expect((await lab.ask({ url: `${base}/${id}/peaks` })).status).toBe(404)
})

test('peaks of a file that is no WAV: 400 invalid_audio', async () => {
  await save()
  vi.spyOn(lab.options.services.recordingPeaks, 'read').mockRejectedValue(
    new Failure('invalid_audio', 'The file is no WAV'),
  )
  const { status, body } = await lab.ask({ url: `${base}/${id}/peaks` })
  expect([status, errorOf(body)]).toMatchObject([
    400,
    { code: 'invalid_audio', message: 'The file is no WAV' },
  ])
  expect(lab.log.lines).toEqual([])
})

test('peaks', async () => {
  await save()
  const { body } = await lab.ask({ url: `${base}/${id}/peaks?buckets=10` })
  const channel = { min: Array(10).fill(-0.5), max: Array(10).fill(0.5) }
  const times = { rate: 8000, duration: 1, from: 0, stretch: 0.1 }
  expect(body).toEqual({ ...times, channels: [channel, channel] })
  const part = await lab.ask({ url: `${base}/${id}/peaks?buckets=10&from=0.5&to=0.6` })
  expect(part.body).toMatchObject({ from: 0.5 })
  expect((await lab.ask({ url: `${base}/${id}/peaks?buckets=4001` })).status).toBe(400)
})

describe('media', () => {
  const fetchMedia = async (headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    lab.app.inject({
      method,
      url: `${base}/${id}/media`,
      headers: { 'x-api-key': 'sk_test_0123456789abcdef', ...headers },
    })

  test('whole', async () => {
    await save()
    const answer = await fetchMedia()
    expect(answer.statusCode).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'audio/wav',
      'content-length': '100',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[0-9a-z-]+"$/),
      'content-disposition': expect.stringMatching(
        /^inline; filename="recording-\d{4}-\d\d-\d\dT[\d-]{8}Z-33333333\.wav"$/,
      ),
    })
    expect(answer.rawPayload).toEqual(bytes)
  })

  test('HEAD has the same headers and no body', async () => {
    await save()
    const answer = await fetchMedia({}, 'HEAD')
    expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, '100'])
    expect(answer.rawPayload).toHaveLength(0)
  })

  test.each([
    ['bytes=0-9', 0, 9],
    ['bytes=10-', 10, 99],
    ['bytes=-10', 90, 99],
    ['bytes=-1000', 0, 99],
    ['bytes=90-1000', 90, 99],
    ['bytes=99-99', 99, 99],
  ])('Range: %s', async (range, start, end) => {
    await save()
    const answer = await fetchMedia({ range })
    expect(answer.statusCode).toBe(206)
    expect(answer.headers).toMatchObject({
      'content-range': `bytes ${start}-${end}/100`,
      'content-length': String(end - start + 1),
      'content-type': 'audio/wav',
    })
    expect(answer.rawPayload).toEqual(bytes.subarray(start, end + 1))
  })

  test.each(['bytes=100-', 'bytes=1000-2000', 'bytes=-0'])('Range: %s is 416', async (range) => {
    await save()
    const answer = await fetchMedia({ range })
    expect([answer.statusCode, answer.headers['content-range']]).toEqual([416, 'bytes */100'])
    expect(errorOf(answer.json())['code']).toBe('range_not_satisfiable')
  })

  test.each(['bytes=0-1,5-6', 'lines=0-9', 'bytes=9-0', 'bytes=-', 'bytes=a-b', 'nonsense'])(
    'Range: %s is ignored',
    async (range) => {
      await save()
      expect((await fetchMedia({ range })).statusCode).toBe(200)
    },
  )

  test('If-Range and If-None-Match', async () => {
    await save()
    const etag = String((await fetchMedia()).headers['etag'])
    const range = 'bytes=0-9'
    expect((await fetchMedia({ range, 'if-range': etag })).statusCode).toBe(206)
    expect((await fetchMedia({ range, 'if-range': '"old"' })).statusCode).toBe(200)
    expect((await fetchMedia({ 'if-none-match': etag })).statusCode).toBe(304)
    expect((await fetchMedia({ 'if-none-match': '"old"' })).statusCode).toBe(200)
  })

  test('an empty file', async () => {
    await save()
    await writeFile(join(folder, 'a.wav'), '')
    const answer = await fetchMedia()
    expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, '0'])
    expect((await fetchMedia({ range: 'bytes=0-' })).statusCode).toBe(416)
  })
})

test('a range never leaves the file', () => {
  for (const size of [0, 1, 2, 100]) {
    for (const header of ['bytes=0-0', 'bytes=1-', 'bytes=-1', 'bytes=0-999999999999999']) {
      const range = readRange(header, size)
      if (typeof range !== 'object') continue
      expect(range.start).toBeGreaterThanOrEqual(0)
      expect(range.end).toBeLessThan(size)
      expect(range.start).toBeLessThanOrEqual(range.end)
    }
  }
})
