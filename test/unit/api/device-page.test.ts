/** What the page of a device reads: others and how they are, its calls, its messages. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDevice } from '../../../engine/app/directory/devices.ts'
import type { CallRecord } from '../../../engine/core/call.ts'
import type { CallId, NumberId, VoicemailId } from '../../../engine/core/ids.ts'
import type { DeviceRecord } from '../../../engine/core/ports/store.ts'
import { leftVoicemail } from '../../support/left-voicemail.ts'
import { type ApiLab, apiLab, callRecord, ours, startMs, theirs } from './api-lab.ts'

let lab: ApiLab
let desk: DeviceRecord
let hall: DeviceRecord
let headers: { authorization: string; 'x-api-key': string }
const added = async (username: string, name: string, account = ours) =>
  (await createDevice(lab.options.services.directory, account.id, { username, name })).device
beforeEach(async () => {
  lab = await apiLab()
  desk = await added('desk', 'Front desk')
  hall = await added('hall', 'Hall')
  await added('theirs', 'Somebody else', theirs)
  const { token } = lab.options.services.deviceLogins.issue(desk, 600)
  headers = { authorization: `Bearer ${token}`, 'x-api-key': '' }
})
afterEach(() => lab.close())

const get = async (path: string) =>
  (await lab.ask({ url: `/v1/voice/devices/desk${path}`, headers })) as {
    status: number
    body: {
      contacts: { username: string; presence: string }[]
      numbers: unknown[]
      calls: Record<string, unknown>[]
      voicemails: unknown[]
    }
  }
let made = 0
const put = (changes: Partial<CallRecord>) => {
  const id = `11111111-2222-4333-8444-${String(++made).padStart(12, '0')}` as CallId
  return lab.put(callRecord({ id, startedAtMs: startMs + made * 1000, ...changes }))
}
const contact = {
  ...{ uri: 'sip:hall@192.0.2.1', source: 'udp/192.0.2.1:5060', userAgent: null, q: 1, path: [] },
  ...{ registeredAtMs: startMs, expiresAtMs: startMs + 1000, roundTripMs: null },
} as const

describe('contacts', () => {
  const presence = async () => {
    const { body } = await get('/contacts')
    return Object.fromEntries(body.contacts.map((one) => [one.username, one.presence]))
  }

  test('are the other devices of the account, by their names', async () => {
    await added('attic', 'Attic')
    const { body } = await get('/contacts')
    expect(body.contacts).toEqual([
      { username: 'attic', name: 'Attic', presence: 'offline' },
      { username: 'hall', name: 'Hall', presence: 'offline' },
    ])
  })

  test('are available, ringing, busy or offline', async () => {
    expect(await presence()).toEqual({ hall: 'offline' })
    lab.contacts.set(hall.id, [{ ...contact, reachability: 'gone' }])
    expect(await presence()).toEqual({ hall: 'offline' })
    lab.contacts.set(hall.id, [{ ...contact, reachability: 'unknown' }])
    expect(await presence()).toEqual({ hall: 'available' })
    const ringing = await put({ deviceId: hall.id, status: 'ringing' })
    expect(await presence()).toEqual({ hall: 'ringing' })
    const talking = await put({ deviceId: hall.id, status: 'in-progress' })
    expect(await presence()).toEqual({ hall: 'busy' })
    for (const call of [ringing, talking]) await lab.put({ ...call, status: 'completed' })
    expect(await presence()).toEqual({ hall: 'available' })
  })

  test('come with the numbers and speed dials of the account', async () => {
    const at = { accountId: ours.id, createdAtMs: startMs }
    await lab.store.numbers.insert({
      ...{ ...at, id: '22222222-2222-4333-8444-555555555555' as NumberId },
      ...{ number: '+61255550123', route: { kind: 'device', username: 'desk' } },
    })
    const insert = lab.store.speedDials.insert
    await insert({ ...at, code: '1', label: 'Hall', target: { kind: 'device', deviceId: hall.id } })
    const number = '+61412345678'
    await insert({ ...at, code: '2', label: 'Mobile', target: { kind: 'number', number } })
    expect((await get('/contacts')).body.numbers).toEqual([
      { kind: 'speed-dial', name: 'Hall', dial: 'hall' },
      { kind: 'speed-dial', name: 'Mobile', dial: number },
      { kind: 'number', name: '+61255550123', dial: '+61255550123' },
    ])
  })
})

test('contacts come with the number for test calls', async () => {
  expect((await get('/contacts')).body).toMatchObject({ test_number: '+15005550001' })
})

describe('calls', () => {
  test('are seen from the device, those that go on first', async () => {
    const talked = { answeredAtMs: startMs + 5_000, endedAtMs: startMs + 9_600 }
    await put({
      ...{ deviceId: desk.id, direction: 'outbound', from: 'hall', to: 'desk' },
      ...{ status: 'in-progress', answeredAtMs: startMs + 5_000, sipCallId: 'leg-1' },
    })
    await put({
      ...{ deviceId: desk.id, direction: 'inbound', from: 'desk', to: '+61412345678', ...talked },
      ...{ status: 'completed', endReason: 'hangup:remote', sipCallId: 'leg-2' },
    })
    await put({ deviceId: hall.id, status: 'completed' })
    const { body } = await get('/calls')
    expect(body.calls).toEqual([
      expect.objectContaining({
        ...{ direction: 'incoming', party: 'hall', party_name: 'Hall', status: 'in-progress' },
        ...{ outcome: null, duration: null, ended_at: null, sip_call_id: 'leg-1' },
      }),
      expect.objectContaining({
        ...{ direction: 'outgoing', party: '+61412345678', party_name: null, outcome: 'answered' },
        ...{ duration: 5, reason: 'hangup:remote', sip_call_id: null },
        answered_at: '2026-01-02T03:04:10.678Z',
      }),
    ])
    expect((await get('/calls?limit=1')).body.calls).toHaveLength(2)
    expect((await get('/calls?limit=0')).status).toBe(400)
  })

  test.each<[CallRecord['direction'], CallRecord['status'], string | null, string]>([
    ['outbound', 'no-answer', 'noAnswer', 'missed'],
    ['outbound', 'canceled', 'canceled:peer', 'missed'],
    ['outbound', 'busy', 'busy', 'busy'],
    ['outbound', 'failed', 'declined', 'declined'],
    ['outbound', 'failed', 'trunk_error:503', 'failed'],
    ['inbound', 'no-answer', 'noAnswer', 'no-answer'],
    ['inbound', 'canceled', 'canceled:remote', 'canceled'],
    ['inbound', 'failed', 'rejected:486', 'busy'],
    ['inbound', 'failed', 'rejected:480', 'no-answer'],
    ['inbound', 'failed', 'rejected:603', 'declined'],
    ['inbound', 'failed', 'rejected:404', 'failed'],
  ])('%s %s (%s) is %s', async (direction, status, endReason, outcome) => {
    await put({ deviceId: desk.id, direction, status, endReason, endedAtMs: startMs + 1 })
    expect((await get('/calls')).body.calls).toMatchObject([{ outcome, reason: endReason }])
  })
})

describe('messages', () => {
  const id = '33333333-2222-4333-8444-555555555555' as VoicemailId
  const url = `/v1/voice/devices/desk/voicemails/${id}`
  let folder: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringdown-voicemail-'))
    const path = join(folder, 'message.wav')
    writeFileSync(path, 'RIFF of a message')
    await leftVoicemail(lab.store, ours.id, desk.id, { id, path, atMs: startMs, durationMs: 4_400 })
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const waiting = async () => (await lab.store.mailboxes.counts(desk.id)).new

  test('are listed, heard, played in parts, deleted; the lamp follows each change', async () => {
    const row = {
      ...{ id, from: '+61412345678', received_at: '2026-01-02T03:04:05.678Z', duration: 4 },
      ...{ heard: false, transcript: null, transcript_status: null },
      ...{ from_name: null, folder: 'new', urgent: false },
    }
    expect((await get('/voicemails')).body).toEqual({ voicemails: [row] })
    const part = await lab.app.inject({
      url: `${url}/audio`,
      headers: { ...headers, range: 'bytes=0-3' },
    })
    expect([part.statusCode, part.body, part.headers['content-type']]).toEqual([
      ...[206, 'RIFF', 'audio/wav'],
    ])
    const change = { method: 'PATCH', url, headers, payload: { heard: true } } as const
    expect((await lab.ask(change)).body).toEqual({ ...row, heard: true, folder: 'saved' })
    await lab.ask(change)
    expect([await waiting(), lab.mailboxesChanged]).toEqual([0, ['desk']])
    expect((await lab.ask({ method: 'DELETE', url, headers })).status).toBe(204)
    expect(lab.mailboxesChanged).toEqual(['desk', 'desk'])
    for (const path of [`/voicemails/${id}/audio`, '/voicemails/none/audio']) {
      expect((await get(path)).status).toBe(404)
    }
    const events = await lab.store.events.after(ours.id, 0, 10)
    expect(events.map(({ type, data }) => [type, data['deviceIds'], data['forGood']])).toEqual([
      ['voicemail.heard', [desk.id], undefined],
      ['voicemail.deleted', [desk.id], true],
    ])
  })

  test('go to the folder of deleted ones, and come back', async () => {
    const into = (folder: string) =>
      lab.ask({ method: 'PATCH', url, headers, payload: { folder } } as const)
    const namesIn = async (folder: string) =>
      ((await get(`/voicemails?folder=${folder}`)).body.voicemails as { id: string }[]).map(
        (one) => one.id,
      )
    expect((await into('deleted')).body).toMatchObject({ folder: 'deleted', heard: false })
    expect((await get('/voicemails')).body).toEqual({ voicemails: [] })
    expect([await namesIn('deleted'), await namesIn('new')]).toEqual([[id], []])
    expect(await waiting()).toBe(0)
    await into('new')
    expect([await namesIn('deleted'), await namesIn('new')]).toEqual([[], [id]])
    expect(await waiting()).toBe(1)
    expect((await into('attic')).status).toBe(400)
  })

  test('of another device are not there', async () => {
    const foreign = url.replace('desk', 'hall')
    const asked = await lab.ask({ url: `${foreign}/audio` })
    expect(asked.status).toBe(404)
    expect((await lab.ask({ method: 'DELETE', url: foreign, headers })).status).toBe(403)
    expect(await waiting()).toBe(1)
  })
})
