/** The routes of conferences over a desk that nobody hears. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId, ConferenceId } from '../../../engine/core/ids.ts'
import { type ApiLab, apiLab, otherKey, ours } from './api-lab.ts'

const base = '/v1/voice/conferences'
const nobody = '99999999-2222-4333-8444-555555555555'
// biome-ignore lint/suspicious/noExplicitAny: bodies, looked at by expectations alone
type Json = any

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const send = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: Json) => {
  const { status, body, headers } = await lab.ask({ method, url, payload })
  return { status, body: body as Json, headers }
}
const made = async (options: Json = {}): Promise<Json> => (await send('POST', base, options)).body
const joined = async (id: string, more: Json = {}): Promise<Json> => {
  const wanted = { to: '+15005550140', from: '+15005550000', ...more }
  return (await send('POST', `${base}/${id}/participants`, wanted)).body
}
const lastAsked = () => lab.conferences.asked.at(-1)

const plain = {
  ...{ id: expect.any(String), friendly_name: '', status: 'init', participant_count: 0 },
  ...{ max_participants: 250, date_created: '2026-01-02T03:04:05.678Z' },
  ...{ start_time: null, end_time: null, end_reason: null, peak_participants: 0 },
  ...{ active_speaker: null, recording_id: null, recording_mode: null, status_callback: null },
  ...{ has_pin: false, has_moderator_pin: false, record: false, trim_recordings: false },
  ...{ start_on_moderator: false, end_on_moderator_exit: false },
  ...{ wait_music_url: null, hold_music_url: null, entry_sound: 'tone', exit_sound: 'tone' },
  ...{ announce_count: false, locked: false, digit_menu: true, talkers: 3 },
  ...{ gain_control: false, noise_gate: false, speaking_events: false, max_duration: null },
  ...{ language: null, voice: null },
}

describe('a conference', () => {
  test('is made of nothing at all', async () => {
    const { status, body, headers } = await send('POST', base)
    expect([status, body]).toEqual([201, plain])
    expect(headers['location']).toBe(`${base}/${body.id}`)
    expect(lastAsked()).toEqual({ what: 'create', request: { options: {} } })
  })

  test('has what it was given; its PINs are not shown', async () => {
    const given = {
      ...{ record: true, start_on_moderator: true, end_on_moderator_exit: true },
      ...{ wait_music_url: '', hold_music_url: 'prompt:hold', entry_sound: 'name' },
      ...{ exit_sound: 'none', announce_count: true, locked: true, digit_menu: false },
      ...{ talkers: 0, gain_control: true, noise_gate: true, max_duration: 90 },
      ...{ max_participants: 2, language: 'de-AT', voice: 'de', trim_recordings: true },
    }
    const names = { friendly_name: 'Monday', status_callback: 'http://app.example/told' }
    const pins = { pin: '1234', moderator_pin: '98765' }
    const body = await made({ ...given, ...names, ...pins })
    const has = { has_pin: true, has_moderator_pin: true }
    expect(body).toEqual({ ...plain, ...given, ...names, ...has })
    expect(lastAsked()?.request).toEqual({
      friendlyName: 'Monday',
      statusCallback: 'http://app.example/told',
      options: {
        ...{ maxParticipants: 2, record: true, pin: '1234', moderatorPin: '98765' },
        ...{ startOnModerator: true, endOnModeratorExit: true, waitMusic: '' },
        ...{ holdMusic: 'prompt:hold', entrySound: 'name', exitSound: 'none' },
        ...{ announceCount: true, locked: true, digitMenu: false, talkers: 0 },
        ...{ gainControl: true, noiseGate: true, maxDurationMs: 90_000 },
        ...{ language: 'de-AT', voice: 'de', trimRecordings: true },
      },
    })
    const read = await send('GET', `${base}/${body.id}`)
    expect(JSON.stringify(read.body)).not.toMatch(/1234|98765/)
  })

  test.each<[Json, string, string]>([
    [{ max_participants: 1 }, 'invalid_request', 'max_participants'],
    [{ max_participants: 251 }, 'invalid_request', 'max_participants'],
    [{ max_participants: 2.5 }, 'invalid_request', 'max_participants'],
    [{ record: 'yes' }, 'invalid_request', 'record'],
    [{ pin: '12' }, 'invalid_request', 'pin'],
    [{ pin: 1234 }, 'invalid_request', 'pin'],
    [{ pin: '1234', moderator_pin: '1234' }, 'invalid_request', 'moderator_pin'],
    [{ entry_sound: 'gong' }, 'invalid_request', 'entry_sound'],
    [{ talkers: -1 }, 'invalid_request', 'talkers'],
    [{ max_duration: 0 }, 'invalid_request', 'max_duration'],
    [{ friendly_name: 'x'.repeat(129) }, 'invalid_request', 'friendly_name'],
    [{ language: 'de_AT' }, 'invalid_request', 'language'],
    [{ voice: '' }, 'invalid_request', 'voice'],
    [{ max_members: 3 }, 'unknown_parameter', 'max_members'],
  ])('%j is refused', async (body, code, field) => {
    const refused = await send('POST', base, body)
    expect(refused).toMatchObject({ status: 400, body: { error: { code, field } } })
    expect(lab.conferences.asked).toEqual([])
  })

  test('in a language that no voice here speaks is no route of a number', async () => {
    const number = (language: string) => ({
      ...{ number: '+15005550177', route: { conference: { name: 'a', language } } },
    })
    const refused = await send('POST', '/v1/voice/numbers', number('ja'))
    const error = { code: 'invalid_request', field: 'language' }
    expect(refused).toMatchObject({ status: 400, body: { error } })
    const taken = await send('POST', '/v1/voice/numbers', number('de-AT'))
    expect(taken.body.route.conference).toMatchObject({ name: 'a', language: 'de-AT' })
  })

  test('is listed, by status and by page', async () => {
    const [a, b] = [await made(), await made()]
    await joined(b.id)
    const { body } = await send('GET', base)
    expect(body).toMatchObject({ conferences: [{ id: a.id }, { id: b.id }], total: 2 })
    expect(lastAsked()?.request).toEqual({})
    const live = await send('GET', `${base}?status=in-progress&page_size=5`)
    expect(live.body.conferences).toEqual([expect.objectContaining({ id: b.id })])
    expect(lastAsked()?.request).toEqual({ status: 'in-progress', page: 1, pageSize: 5 })
    for (const query of ['status=over', 'page=0', 'page_size=101', 'x=1']) {
      expect((await send('GET', `${base}?${query}`)).status).toBe(400)
    }
  })

  test('shows how loud its members are, while there are any', async () => {
    const { id } = await made()
    lab.conferences.heard = [{ callId: nobody as CallId, levelDb: -31.6, speaking: true }]
    expect((await send('GET', `${base}/${id}`)).body).toMatchObject({ status: 'init', levels: [] })
    await joined(id)
    const { body } = await send('GET', `${base}/${id}`)
    expect(body.levels).toEqual([{ call_id: nobody, level_db: -32, speaking: true }])
  })

  test.each(['POST', 'PATCH'] as const)('is changed by %s; null takes away', async (method) => {
    const { id } = await made({ pin: '1234', max_duration: 60 })
    const names = { friendly_name: 'Tuesday', status_callback: 'http://app.example/new' }
    const options = { locked: true, pin: null, max_duration: null, wait_music_url: '' }
    const change = { ...options, ...names }
    const { status, body } = await send(method, `${base}/${id}`, change)
    expect([status, body]).toMatchObject([
      200,
      {
        ...names,
        locked: true,
        has_pin: false,
        max_duration: null,
        wait_music_url: '',
        talkers: 3,
      },
    ])
    expect(lastAsked()?.request).toEqual({
      ...{ locked: true, pin: null, maxDurationMs: null, waitMusic: '' },
      ...{ friendlyName: 'Tuesday', statusCallback: 'http://app.example/new' },
    })
    const quiet = await send(method, `${base}/${id}`, { status_callback: null })
    expect(quiet.body).toMatchObject({ status_callback: null, friendly_name: 'Tuesday' })
  })

  test.each<[Json, string]>([
    [{}, 'invalid_request'],
    [{ max_participants: 3 }, 'unknown_parameter'],
    [{ friendly_name: 'x'.repeat(129) }, 'invalid_request'],
    [{ status_callback: '' }, 'invalid_request'],
    [{ status: 'in-progress' }, 'invalid_request'],
    [{ status: 'completed', locked: true }, 'invalid_request'],
  ])('a change like %j is refused', async (body, code) => {
    const { id } = await made()
    const refused = await send('POST', `${base}/${id}`, body)
    expect(refused).toMatchObject({ status: 400, body: { error: { code } } })
  })

  test('is ended by DELETE and by status, and stays over', async () => {
    const { id } = await made()
    expect((await send('DELETE', `${base}/${id}`)).status).toBe(204)
    expect((await send('DELETE', `${base}/${id}`)).status).toBe(204)
    const changed = await send('POST', `${base}/${id}`, { locked: true })
    expect(changed).toMatchObject({ status: 409, body: { error: { code: 'conference_ended' } } })
    const other = await made()
    const over = await send('POST', `${base}/${other.id}`, { status: 'completed' })
    expect(over).toMatchObject({ status: 200, body: { status: 'completed', end_reason: 'api' } })
  })

  test('its events', async () => {
    const { id } = await made()
    const conferenceId = id as ConferenceId
    const told = { type: 'participant.joined', data: { callId: 'x' } } as const
    const about = { accountId: ours.id, callId: null, conferenceId }
    lab.conferences.events = [{ ...told, ...about, sequence: 4, atMs: 0 }]
    expect((await send('GET', `${base}/${id}/events`)).body.events).toEqual([
      {
        ...{ sequence: 4, type: 'participant.joined', conference_id: id },
        ...{ at: '1970-01-01T00:00:00.000Z', data: { call_id: 'x' } },
      },
    ])
  })
})

describe('a member', () => {
  test('is called', async () => {
    const { id } = await made()
    const wanted = { muted: true, label: 'Sarah', volume_db: -6, early_media: true, timeout: 10 }
    const { status, body, headers } = await send('POST', `${base}/${id}/participants`, {
      ...{ to: '1001', from: '+15005550000', headers: { 'X-Room': 'a' } },
      ...wanted,
    })
    expect([status, body]).toEqual([
      201,
      {
        ...{ call_id: expect.any(String), conference_id: id, muted: true, hold: false },
        ...{ status: 'queued', deaf: false, coaching: null, private_with: null, volume_db: -6 },
        ...{ listen_volume_db: 0, priority: false, moderator: false, label: 'Sarah' },
        ...{ waiting: false, speaking: false, recording: false, party: '1001' },
        joined_at: expect.any(String),
      },
    ])
    expect(headers['location']).toBe(`${base}/${id}/participants/${body.call_id}`)
    expect(lastAsked()?.request).toEqual({
      ...{ to: '1001', from: '+15005550000', muted: true, label: 'Sarah', volumeDb: -6 },
      ...{ ringTimeoutMs: 10_000, earlyMedia: true, headers: { 'X-Room': 'a' } },
    })
  })

  test('is a call that is up', async () => {
    const { id } = await made()
    const body = { call_id: nobody, moderator: true }
    const { status } = await send('POST', `${base}/${id}/participants`, body)
    expect(status).toBe(201)
    const request = { callId: nobody, options: { moderator: true } }
    expect(lastAsked()).toEqual({ what: 'bring', request })
  })

  const from = '+15005550000'
  test.each<[Json, number, string, string]>([
    [{}, 400, 'missing_parameter', 'to'],
    [{ to: '1001' }, 400, 'missing_parameter', 'from'],
    [{ from }, 400, 'missing_parameter', 'to'],
    [{ call_id: nobody, to: '1001' }, 400, 'invalid_request', 'to'],
    [{ call_id: nobody, timeout: 10 }, 400, 'invalid_request', 'timeout'],
    [{ call_id: 'x' }, 404, 'not_found', 'call_id'],
    [{ to: '1', from, coaching: 'x' }, 404, 'not_found', 'coaching'],
    [{ to: '1', from, coaching: nobody, private_with: nobody }, 400, 'invalid_request', 'coaching'],
    [{ to: '1', from, volume_db: 21 }, 400, 'invalid_request', 'volume_db'],
    [{ to: '1', from, headers: { Via: 'x' } }, 400, 'unknown_parameter', 'headers.Via'],
    [{ to: '1', from, mute: true }, 400, 'unknown_parameter', 'mute'],
  ])('%j is refused', async (body, status, code, field) => {
    const { id } = await made()
    const refused = await send('POST', `${base}/${id}/participants`, body)
    expect(refused).toMatchObject({ status, body: { error: { code, field } } })
  })

  test('neither to nor call_id: both are named', async () => {
    const { id } = await made()
    const refused = await send('POST', `${base}/${id}/participants`, {})
    expect(refused.body.error.message).toBe('to or call_id is required')
  })

  test.each(['conference_full', 'conference_locked', 'conference_ended'] as const)(
    '%s is 409',
    async (code) => {
      const { id } = await made()
      lab.conferences.refuse = new Failure(code, 'no')
      const refused = await send('POST', `${base}/${id}/participants`, { to: '1', from })
      expect(refused).toMatchObject({ status: 409, body: { error: { code } } })
    },
  )

  test.each(['POST', 'PATCH'] as const)('is changed by %s and hung up', async (method) => {
    const { id } = await made()
    const { call_id } = await joined(id)
    const url = `${base}/${id}/participants/${call_id}`
    const change = { hold: true, deaf: true, coaching: nobody, private_with: null, label: null }
    const more = { volume_db: 3.5, listen_volume_db: -40, priority: true, moderator: true }
    const { status, body } = await send(method, url, { ...change, ...more })
    expect([status, body]).toMatchObject([200, { call_id, ...change, ...more }])
    expect(lastAsked()?.request).toEqual({
      ...{ hold: true, deaf: true, coaching: nobody, privateWith: null, label: null },
      ...{ volumeDb: 3.5, listenVolumeDb: -40, priority: true, moderator: true },
    })
    expect((await send('GET', url)).body).toEqual(body)
    expect((await send('GET', `${base}/${id}/participants`)).body.participants).toEqual([body])
    expect((await send(method, url, {})).status).toBe(400)
    expect((await send('DELETE', url)).status).toBe(204)
    expect((await send('DELETE', url)).status).toBe(404)
  })
})

describe('sounds', () => {
  test('to all and to one, and their end', async () => {
    const { id } = await made()
    const { call_id } = await joined(id)
    const url = `${base}/${id}/play`
    expect((await send('POST', url, { text: 'Hello', voice: 'de', loop: 2 })).status).toBe(204)
    expect(lastAsked()?.request).toEqual({ text: 'Hello', voice: 'de', loop: 2 })
    await send('POST', url, { url: 'prompt:hello', to: call_id })
    expect(lastAsked()?.request).toEqual({ url: 'prompt:hello', to: call_id })
    expect((await send('DELETE', url)).status).toBe(204)
    expect(lastAsked()?.request).toBeUndefined()
    await send('DELETE', `${url}?to=${call_id}`)
    expect(lastAsked()).toEqual({ what: 'stopPlaying', request: call_id })
  })

  test.each<[Json, number, string, string | undefined]>([
    [{}, 400, 'missing_parameter', 'url'],
    [{ url: 'http://a.example/a.wav', text: 'x' }, 400, 'invalid_request', 'text'],
    [{ url: 'http://a.example/a.wav', voice: 'de' }, 400, 'invalid_request', 'voice'],
    [{ text: 'x', to: 'y' }, 404, 'not_found', 'to'],
    [{ text: 'x', loop: 0 }, 400, 'invalid_request', 'loop'],
  ])('%j is refused', async (body, status, code, field) => {
    const { id } = await made()
    const refused = await send('POST', `${base}/${id}/play`, body)
    expect(refused).toMatchObject({ status, body: { error: { code, field } } })
  })
})

test.each(['', '/participants/'])('recording%s: begun, begun twice, ended', async (part) => {
  const { id } = await made()
  const { call_id } = await joined(id)
  const of = part === '' ? '' : part + call_id
  const url = `${base}/${id}${of}/recording`
  const { status, body, headers } = await send('POST', url)
  expect([status, headers['location']]).toEqual([201, `/v1/voice/recordings/${body.recording_id}`])
  expect(lastAsked()?.request).toBe(of === '' ? undefined : call_id)
  lab.conferences.refuse = new Failure('already_exists', 'it is recorded')
  expect((await send('POST', url)).status).toBe(409)
  expect((await send('DELETE', url)).status).toBe(204)
})

test('what is not there, or is of others, is 404 by every route', async () => {
  const { id } = await made()
  const { call_id } = await joined(id)
  const routes = lab.options.dialects
    .flatMap(({ routes }) => routes)
    .filter(({ path }) => path.includes(':conference_id'))
  expect(routes.length).toBeGreaterThan(15)
  const bodies: Record<string, Json> = {
    addConferenceParticipant: { to: '1001', from: '+15005550000' },
    playToConference: { text: 'Hello' },
    updateConferenceRecording: { action: 'pause' },
    updateConferenceParticipantRecording: { action: 'pause' },
  }
  for (const { method, path, operation, body } of routes) {
    const change = operation.id.includes('Participant') ? { muted: true } : { locked: true }
    const payload = body && (bodies[operation.id] ?? change)
    const ask = async (conference: string, member: string, key?: string) => {
      const url = path.replace(':conference_id', conference).replace(':call_id', member)
      const headers = key === undefined ? {} : { 'x-api-key': key }
      return (await lab.ask({ method, url, headers, ...(payload && { payload }) })).status
    }
    const found = [await ask(nobody, call_id), await ask('x', call_id)]
    found.push(await ask(id, call_id, otherKey))
    const isOfMember = path.includes(':call_id') && !path.endsWith('/recording')
    if (isOfMember) found.push(await ask(id, nobody), await ask(id, 'x'))
    expect([operation.id, ...found]).toEqual([operation.id, ...found.map(() => 404)])
  }
})
