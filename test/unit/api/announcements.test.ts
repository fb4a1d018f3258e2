import { afterEach, beforeEach, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { AnnouncementId } from '../../../engine/core/ids.ts'
import { type ApiLab, apiLab, callRecord, otherKey, startMs } from './api-lab.ts'

const base = '/v1/voice/announcements'
const callId = callRecord().id

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const begin = (body: Record<string, unknown>, headers: Record<string, string> = {}) =>
  lab.ask({ method: 'POST', url: base, payload: { source: 'microphone', ...body }, headers })
const begun = async (): Promise<{ id: AnnouncementId }> => {
  const { body } = await begin({ call_id: callId })
  return body as { id: AnnouncementId }
}

test('begins, tells, ends', async () => {
  const { status, body, headers } = await begin({ call_id: callId, max_duration: 20 })
  expect(status).toBe(201)
  expect(body).toEqual({
    ...{
      id: expect.any(String),
      source: 'microphone',
      conference_id: null,
      call_id: callId,
      status: 'speaking',
    },
    ...{ max_duration: 20, start_time: new Date(startMs).toISOString() },
    ...{ end_time: null, end_reason: null, end_detail: null },
  })
  const url = `${base}/${(body as { id: string }).id}`
  expect(headers['location']).toBe(url)
  expect(await lab.ask({ url })).toMatchObject({ status: 200, body })
  expect(await lab.ask({ method: 'DELETE', url })).toMatchObject({ status: 204, body: '' })
  expect((await lab.ask({ url })).body).toMatchObject({
    ...{ status: 'ended', end_reason: 'stopped', end_time: expect.any(String), end_detail: null },
  })
  expect(await lab.ask({ method: 'DELETE', url })).toMatchObject({ status: 204 })
})

test('five minutes, unless another time is wanted', async () => {
  await begin({ call_id: callId })
  expect(lab.announcements.asked).toEqual([{ callId, maxDurationMs: 300_000 }])
})

test('tells why the microphone failed', async () => {
  const { id } = await begun()
  lab.announcements.fail(id, 'arecord: read error')
  expect((await lab.ask({ url: `${base}/${id}` })).body).toMatchObject({
    ...{ status: 'ended', end_reason: 'microphone_failed', end_detail: 'arecord: read error' },
  })
})

test.each([
  { body: { source: 'file', call_id: callId }, status: 400, field: 'source' },
  { body: {}, status: 400, code: 'missing_parameter', field: 'call_id' },
  { body: { call_id: 'x' }, status: 404, code: 'not_found', field: 'call_id' },
  { body: { conference_id: 'x' }, status: 404, code: 'not_found', field: 'conference_id' },
  {
    body: { call_id: callId, conference_id: 'x' },
    ...{ status: 400, code: 'invalid_request', field: 'call_id' },
  },
  { body: { call_id: callId, max_duration: 0 }, status: 400, field: 'max_duration' },
  { body: { call_id: callId, max_duration: 3601 }, status: 400, field: 'max_duration' },
  { body: { call_id: callId, maxDuration: 5 }, status: 400, code: 'unknown_parameter' },
])('$body: $status', async ({ body, status, code, field }) => {
  const answer = await begin(body)
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({
    error: { ...(code !== undefined && { code }), ...(field !== undefined && { field }) },
  })
  expect(lab.announcements.asked).toEqual([])
})

test.each([
  ['forbidden', 403],
  ['call_not_answered', 409],
  ['microphone_busy', 409],
  ['microphone_unavailable', 503],
] as const)('%s: %i', async (code, status) => {
  lab.announcements.refuse = new Failure(code, 'why it is so')
  expect(await begin({ call_id: callId })).toMatchObject({
    ...{ status, body: { error: { code, message: 'why it is so' } } },
  })
})

test("another account's, one that there is not, and no id at all are not found", async () => {
  const { id } = await begun()
  const theirs = { 'x-api-key': otherKey }
  for (const method of ['GET', 'DELETE'] as const) {
    expect((await lab.ask({ method, url: `${base}/${id}`, headers: theirs })).status).toBe(404)
    for (const other of [callId, 'x', '%2e%2e'])
      expect((await lab.ask({ method, url: `${base}/${other}` })).status).toBe(404)
  }
  expect((await lab.ask({ url: `${base}/${id}` })).body).toMatchObject({ status: 'speaking' })
})
