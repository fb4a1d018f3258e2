/** Voicemail boxes and their messages by the API: what is stored, what is refused, whose lamps follow. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PinGuard, voicemailPins } from '../../../engine/app/pin-guard.ts'
import { triesAt } from '../../../engine/app/voicemail/pin.ts'
import type { DeviceId } from '../../../engine/core/ids.ts'
import type { Json } from '../../support/engine-process.ts'
import { leftVoicemail } from '../../support/left-voicemail.ts'
import { type ApiLab, apiLab, ours } from './api-lab.ts'

const base = '/v1/voice/voicemail-boxes'
const id = (digit: number) => `${String(digit).repeat(8)}-2222-4333-8444-555555555555`

let lab: ApiLab
let desk: DeviceId
beforeEach(async () => {
  lab = await apiLab()
  const made = await ask('POST', '/v1/voice/devices', { username: 'desk', name: 'Front desk' })
  desk = made.body.id
})
afterEach(() => lab.close())

async function ask(
  method: string,
  url: string,
  payload?: object,
): Promise<{ status: number; body: Json }> {
  lab.time.nowMs += 100
  return lab.ask({ method: method as 'GET', url, ...(payload && { payload }) }) as never
}
const make = async (body: object = {}) => (await ask('POST', base, { name: 'Desk', ...body })).body
const lamps = () => lab.mailboxesChanged.splice(0)
const leave = (n: number) =>
  leftVoicemail(lab.store, ours.id, desk, { id: id(n), path: `/${n}.wav` })

describe('a box', () => {
  test('has sensible defaults, and an id that phones can type', async () => {
    const box = await make({ devices: ['desk'], pin: '4711' })
    expect(box).toMatchObject({
      ...{ id: expect.stringMatching(/^VM\d{10}$/), name: 'Desk', devices: [desk], numbers: [] },
      ...{ has_pin: true, max_message_seconds: 180, min_message_seconds: 1, max_messages: 100 },
      ...{ silence_seconds: 5, retention_days: null, keep_deleted_days: 7, review: true },
      greetings: { unavailable: null, busy: null, name: null },
      messages: { new: 0, saved: 0, urgent_new: 0, urgent_saved: 0 },
    })
    expect(JSON.stringify(box)).not.toContain('4711')
    const stored = await lab.store.voicemailBoxes.ofDevice(desk)
    expect(stored?.pinHash).toMatch(/^scrypt\$16384\$8\$1\$/)
    expect(lamps()).toEqual(['desk'])
  })

  test.each([
    ['voice', 'nobody'],
    ['language', 'deutsch'],
    ['language', 'xx-XX'],
    ['language', 'ja'],
  ])('with a %s that there is not, %s, is refused', async (field, value) => {
    const box = await make({ language: 'de-AT', voice: 'de' })
    expect(box).toMatchObject({ language: 'de-AT', voice: 'de' })
    const refused = { status: 400, body: { error: { code: 'invalid_request', field } } }
    const body = { [field]: value }
    expect(await ask('POST', base, { name: 'Other', ...body })).toMatchObject(refused)
    const { status, body: answer } = await ask('PATCH', `${base}/${box.id}`, body)
    expect([status, JSON.stringify(answer)]).toEqual([400, expect.stringContaining(value)])
    expect((await ask('GET', base)).body).toEqual({ voicemail_boxes: [box], total: 1 })
  })

  test('may have any voice and language where nothing speaks, and one that has no phrases', async () => {
    expect(await make({ language: 'pl' })).toMatchObject({ language: 'pl' })
    const { speech } = lab.options.services.directory
    Object.assign(speech, { unavailableBecause: () => 'no voice is set up' })
    expect(await make({ language: 'ja', voice: 'x' })).toMatchObject({ language: 'ja', voice: 'x' })
  })

  test('whose PIN is set anew is locked no more', async () => {
    const box = await make({ pin: '4711' })
    const guard = new PinGuard(
      { store: lab.store, clock: { nowMs: () => lab.time.nowMs } },
      voicemailPins,
    )
    const who = triesAt({ accountId: ours.id, id: box.id }, 'outside')
    for (let tries = 0; tries < 9; tries++) await guard.wrong(who)
    await ask('PATCH', `${base}/${box.id}`, { name: 'Desk 2' })
    expect(await guard.isLocked(who)).toBe(true)
    const open = { own_phones: null, others: null }
    const locked = {
      ...open,
      others: new Date(lab.time.nowMs + (await guard.lockedForMs(who))).toISOString(),
    }
    expect((await ask('GET', `${base}/${box.id}`)).body.locked_until).toEqual(locked)
    const { voicemail_boxes } = (await ask('GET', base)).body
    expect(voicemail_boxes).toMatchObject([{ locked_until: locked }])
    const { body } = await ask('PATCH', `${base}/${box.id}`, { pin: '4712' })
    expect(body.locked_until).toEqual(open)
    expect(await guard.isLocked(who)).toBe(false)
  })

  test('is changed field by field', async () => {
    const box = await make({ devices: ['desk'], pin: '4711' })
    const changed = await ask('PATCH', `${base}/${box.id}`, {
      ...{ max_message_seconds: 60.5, operator: 'desk', pin: null, devices: [] },
    })
    expect(changed.body).toMatchObject({
      ...{ max_message_seconds: 60.5, operator: 'desk', has_pin: false, devices: [], name: 'Desk' },
    })
    expect(lamps()).toEqual(['desk', 'desk'])
    expect((await ask('GET', `${base}/${box.id}`)).body).toEqual(changed.body)
    expect((await ask('GET', base)).body).toEqual({ voicemail_boxes: [changed.body], total: 1 })
  })

  test.each<[object, string]>([
    [{ devices: ['nobody'] }, 'devices'],
    [{ numbers: ['+61255550199'] }, 'numbers'],
    [{ operator: 'nobody' }, 'operator'],
    [{ min_message_seconds: 20, max_message_seconds: 10 }, 'min_message_seconds'],
    [{ pin: '12' }, 'pin'],
    [{ email: 'nobody' }, 'email'],
  ])('with %j is refused', async (body, field) => {
    const { status, body: answer } = await ask('POST', base, { name: 'Desk', ...body })
    expect(status).toBe(400)
    expect(JSON.stringify(answer)).toContain(field)
    expect((await ask('GET', base)).body.total).toBe(0)
  })

  test('a device has one', async () => {
    await make({ devices: ['desk'] })
    expect(await ask('POST', base, { name: 'two', devices: [desk] })).toMatchObject({
      status: 409,
      body: {
        error: {
          message: 'a voicemail box for one of these devices or numbers exists already',
        },
      },
    })
  })

  test('greetings: text or sound; an unknown kind is not there', async () => {
    const { id: box } = await make()
    const busy = `${base}/${box}/greetings/busy`
    const text = { text: 'On the phone.' }
    expect((await ask('PUT', busy, text)).body.greetings.busy).toEqual({ kind: 'text', ...text })
    const url = { url: 'https://app.example/hello.wav' }
    expect((await ask('PUT', busy, url)).body.greetings.busy).toEqual({ kind: 'url', ...url })
    // It is fetched at once.
    const gone = await ask('PUT', busy, { url: 'https://app.example/gone.wav' })
    expect(gone).toMatchObject({
      status: 400,
      body: { error: { code: 'url_unreachable', field: 'url' } },
    })
    expect((await ask('PUT', busy, { ...text, ...url })).status).toBe(400)
    expect((await ask('DELETE', busy)).body.greetings.busy).toBeNull()
    expect((await ask('PUT', `${base}/${box}/greetings/shout`, text)).status).toBe(404)
  })

  test('is deleted with what was said and not filed yet; one that is held keeps it', async () => {
    const { boxId, recordingId, ...rest } = await leave(1)
    await lab.store.voicemails.save({ ...rest, boxId, recordingId, folder: 'draft' })
    await lab.store.recordings.amend(recordingId, { holdReason: 'court' })
    expect((await ask('DELETE', `${base}/${boxId}`)).status).toBe(409)
    await lab.store.recordings.amend(recordingId, { holdReason: null })
    expect((await ask('DELETE', `${base}/${boxId}`)).status).toBe(204)
    expect(await lab.store.recordings.get(ours.id, recordingId)).toBeUndefined()
  })

  test('is deleted with its messages and their audio', async () => {
    const { boxId } = await leave(1)
    await leave(2)
    lamps()
    expect((await ask('DELETE', `${base}/${boxId}`)).status).toBe(204)
    expect((await lab.store.recordings.list(ours.id, { page: 1, pageSize: 9 })).total).toBe(0)
    expect((await ask('GET', `${base}/${boxId}`)).status).toBe(404)
    expect(lamps()).toContain('desk')
  })
})

describe('messages', () => {
  test('move between folders; the lamp and the log follow', async () => {
    const { boxId } = await leave(1)
    const one = `${base}/${boxId}/messages/${id(1)}`
    const list = async (folder = '') =>
      (await ask('GET', `${base}/${boxId}/messages${folder}`)).body.total
    const heard = await ask('PATCH', one, { heard: true })
    expect(heard.body).toMatchObject({ folder: 'saved', heard: true, duration: 1 })
    expect((await ask('DELETE', one)).status).toBe(204)
    const deleted = (await ask('GET', one)).body
    expect(deleted).toMatchObject({ folder: 'deleted', expires_at: expect.any(String) })
    expect(Date.parse(deleted.expires_at) - Date.parse(deleted.deleted_at)).toBe(7 * 86_400_000)
    expect([await list(), await list('?folder=deleted')]).toEqual([0, 1])
    expect((await ask('PATCH', one, { heard: false })).status).toBe(400)
    expect((await ask('POST', `${one}/undelete`)).body).toMatchObject({
      ...{ folder: 'saved', expires_at: null, deleted_at: null },
    })
    expect((await ask('POST', `${one}/undelete`)).status).toBe(400)
    expect((await ask('PATCH', one, { folder: 'new' })).body.heard).toBe(false)
    expect((await ask('PATCH', one, { folder: 'new', heard: true })).status).toBe(400)
    expect(lamps()).toHaveLength(4)
    const events = await lab.store.events.after(ours.id, 0, 20)
    expect(events.map(({ type }) => type)).toEqual([
      ...['voicemail.heard', 'voicemail.deleted', 'voicemail.moved', 'voicemail.moved'],
    ])
  })

  test('go for good when they are deleted twice, or at once', async () => {
    const { boxId } = await leave(1)
    await leave(2)
    const one = (n: number) => `${base}/${boxId}/messages/${id(n)}`
    await ask('DELETE', one(1))
    expect((await ask('DELETE', one(1))).status).toBe(204)
    expect((await ask('DELETE', `${one(2)}?for_good=true`)).status).toBe(204)
    for (const n of [1, 2]) expect((await ask('GET', one(n))).status).toBe(404)
    expect((await lab.store.recordings.list(ours.id, { page: 1, pageSize: 9 })).total).toBe(0)
  })

  test('one on legal hold stays', async () => {
    const { boxId, recordingId } = await leave(1)
    await lab.store.recordings.amend(recordingId, { holdReason: 'court' })
    const one = `${base}/${boxId}/messages/${id(1)}`
    expect((await ask('DELETE', `${one}?for_good=true`)).status).toBe(409)
    expect((await ask('DELETE', `${base}/${boxId}`)).status).toBe(409)
    expect((await ask('GET', one)).status).toBe(200)
  })

  test('of another box are not there', async () => {
    await leave(1)
    const other = await make()
    expect((await ask('GET', `${base}/${other.id}/messages/${id(1)}`)).status).toBe(404)
  })

  test('get their time when the box says how long it keeps them', async () => {
    const { boxId } = await leave(1)
    await ask('PATCH', `${base}/${boxId}`, { retention_days: 2 })
    expect((await lab.store.voicemails.expired(2 * 86_400_000 + 1, 9)).map(({ id }) => id)).toEqual(
      [id(1)],
    )
    await ask('PATCH', `${base}/${boxId}`, { retention_days: null })
    expect(await lab.store.voicemails.expired(9e15, 9)).toEqual([])
  })
})

describe('rules', () => {
  const rules = { no_answer: { voicemail: 'own', after: 15 }, busy: { to: '+61412345678' } }

  test('of a device are told as they were given, and go by {}', async () => {
    const url = `/v1/voice/devices/${desk}`
    expect((await ask('PATCH', url, { forwarding: rules })).body.forwarding).toEqual(rules)
    expect((await ask('PATCH', url, { srtp: 'off' })).body.forwarding).toEqual(rules)
    expect((await ask('PATCH', url, { forwarding: {} })).body.forwarding).toEqual({})
  })

  test('of a number, with or without its route', async () => {
    const made = await ask('POST', '/v1/voice/numbers', {
      ...{ number: '+61255550177', route: { voicemail: 'own' }, forwarding: rules },
    })
    expect(made.body).toMatchObject({ route: { voicemail: 'own' }, forwarding: rules })
    const url = `/v1/voice/numbers/${made.body.id}`
    const routed = await ask('PATCH', url, { route: { device: 'desk' } })
    expect(routed.body).toMatchObject({ route: { device: 'desk' }, forwarding: rules })
    expect((await ask('PATCH', url, { forwarding: {} })).body).toMatchObject({
      ...{ route: { device: 'desk' }, forwarding: {} },
    })
  })

  test.each<[object, string]>([
    [{ busy: {} }, 'busy'],
    [{ busy: { to: 'desk' } }, 'busy'],
    [{ busy: { to: 'nobody' } }, 'busy'],
    [{ always: { voicemail: 'VM0000000009' } }, 'always'],
    [{ always: { voicemail: 'own', to: '1001' } }, 'always'],
    [{ no_answer: { voicemail: 'own' } }, 'no_answer'],
    [{ no_answer: { voicemail: 'own', after: 4 } }, 'no_answer'],
    [{ no_answer: { voicemail: 'own', after: 121 } }, 'no_answer'],
  ])('%j are refused', async (forwarding, field) => {
    const answer = await ask('PATCH', `/v1/voice/devices/${desk}`, { forwarding })
    expect([answer.status, JSON.stringify(answer.body).includes(field)]).toEqual([400, true])
  })
})
