/** Voicemail boxes and their messages, as both databases keep them. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { boxIdOf, type DeviceId, isBoxId, type NumberId } from '../../../engine/core/ids.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { boxFor, leftVoicemail } from '../../support/left-voicemail.ts'
import { accountId, memoryStore, otherAccountId, uuid } from './fixtures.ts'

const [desk, hall] = [uuid('desk') as DeviceId, uuid('hall') as DeviceId]
const numberId = uuid('number') as NumberId
const page = { page: 1, pageSize: 10 }

let store: Store
beforeEach(async () => {
  store = await memoryStore()
  for (const [id, username] of [
    [desk, 'desk'],
    [hall, 'hall'],
  ] as const) {
    await store.devices.insert({
      ...{ id, accountId, username, name: username, ha1Md5: '', ha1Sha256: '', createdAtMs: 1 },
    })
  }
  await store.numbers.insert({
    ...{ id: numberId, accountId, number: '+15005550100', createdAtMs: 1 },
    route: { kind: 'voicemail', box: 'own' },
  })
})
afterEach(() => store.close())

describe('boxes', () => {
  test('are found by id, device and number, and are those of their account', async () => {
    const box = boxFor(accountId, desk, {
      ...{
        devices: [desk, hall].toSorted((a, b) => (a < b ? -1 : 1)),
        numbers: [numberId],
        pinHash: 'scrypt$…',
      },
      greetings: { busy: { kind: 'text', text: 'Busy.' }, name: { kind: 'file', file: 'n.wav' } },
    })
    await store.voicemailBoxes.insert(box)
    expect(await store.voicemailBoxes.get(accountId, box.id)).toEqual(box)
    expect(await store.voicemailBoxes.ofDevice(hall)).toEqual(box)
    expect(await store.voicemailBoxes.ofNumber(numberId)).toEqual(box)
    expect(await store.voicemailBoxes.list(accountId)).toEqual([box])
    expect(await store.voicemailBoxes.count(accountId)).toBe(1)
    expect(await store.voicemailBoxes.get(otherAccountId, box.id)).toBeUndefined()
    expect(await store.voicemailBoxes.list(otherAccountId)).toEqual([])
    const changed = { ...box, devices: [hall], numbers: [], pinHash: null }
    await store.voicemailBoxes.update(changed)
    expect(await store.voicemailBoxes.get(accountId, box.id)).toEqual(changed)
    expect(await store.voicemailBoxes.ofDevice(desk)).toBeUndefined()
    await store.devices.remove(hall)
    expect((await store.voicemailBoxes.get(accountId, box.id))?.devices).toEqual([])
    await store.voicemailBoxes.remove(box.id)
    expect(await store.voicemailBoxes.list(accountId)).toEqual([])
  })

  test('a device is of one; a change that fails changes nothing', async () => {
    const [one, two] = [boxFor(accountId, desk), boxFor(accountId, hall)]
    for (const box of [one, two]) await store.voicemailBoxes.insert(box)
    const greedy = { ...two, devices: [desk, hall], pinHash: 'x' }
    await expect(store.voicemailBoxes.update(greedy)).rejects.toMatchObject({
      code: 'already_exists',
    })
    expect(await store.voicemailBoxes.get(accountId, two.id)).toEqual(two)
    await expect(
      store.voicemailBoxes.insert({ ...one, id: boxIdOf(uuid('third')) }),
    ).rejects.toMatchObject({ code: 'already_exists' })
  })

  test('ids are VM and ten digits', () => {
    for (const name of ['a', 'b', 'c']) expect(isBoxId(boxIdOf(uuid(name)))).toBe(true)
    expect(['VM1', 'vm0000000001', 'VM00000000011', ''].some(isBoxId)).toBe(false)
  })
})

describe('messages', () => {
  const left = (name: string, atMs: number, durationMs = 1_000) =>
    leftVoicemail(store, accountId, desk, { id: uuid(name), path: name, atMs, durationMs })

  test('are listed by folder, the newest first; drafts are not', async () => {
    const [a, b, c] = [await left('a', 10), await left('b', 20), await left('c', 30)]
    const { boxId } = a
    await store.voicemails.save({ ...b, folder: 'saved', heardAtMs: 40, urgent: true })
    await store.voicemails.save({ ...c, folder: 'draft' })
    const ids = async (folder?: 'new' | 'saved' | 'deleted') => {
      const found = await store.voicemails.list(boxId, { ...page, ...(folder && { folder }) })
      expect(found.total).toBe(found.voicemails.length)
      return found.voicemails.map(({ id }) => id)
    }
    expect([await ids(), await ids('new'), await ids('saved')]).toEqual([
      ...[[b.id, a.id], [a.id], [b.id]],
    ])
    expect((await store.voicemails.drafts()).map(({ id }) => id)).toEqual([c.id])
    expect(await store.voicemails.counts(boxId)).toEqual({
      ...{ new: 1, old: 1, urgentNew: 0, urgentOld: 1 },
    })
    expect(await store.voicemails.totalMs(boxId)).toBe(2_000)
    await store.voicemails.save({ ...b, folder: 'deleted', deletedAtMs: 50 })
    expect([await ids(), await ids('deleted')]).toEqual([[a.id], [b.id]])
    expect(await store.voicemails.ofRecording(accountId, b.recordingId)).toMatchObject({
      ...{ id: b.id, deletedAtMs: 50 },
    })
    expect(await store.voicemails.get(otherAccountId, a.id)).toBeUndefined()
  })

  test('a change and its event are one; whoever watches is told', async () => {
    const message = await left('a', 10)
    const told: string[] = []
    store.events.watch((id) => told.push(id))
    const event = { type: 'voicemail.heard', atMs: 1, data: { boxId: message.boxId } } as const
    await store.voicemails.save({ ...message, folder: 'saved' }, [event])
    await store.voicemails.remove(message, [{ ...event, type: 'voicemail.deleted' }])
    expect(told).toEqual([accountId, accountId])
    const events = await store.events.after(accountId, 0, 9)
    expect(events.map(({ type }) => type)).toEqual(['voicemail.heard', 'voicemail.deleted'])
    expect(await store.voicemails.get(accountId, message.id)).toBeUndefined()
  })

  test('expire when they are so old', async () => {
    const [a, b] = [await left('a', 10), await left('b', 20)]
    await store.voicemails.save({ ...b, folder: 'deleted', expiresAtMs: 500 })
    expect(await store.voicemails.expired(499, 9)).toEqual([])
    expect((await store.voicemails.expired(500, 9)).map(({ id }) => id)).toEqual([b.id])
    await store.voicemails.expireAfter(a.boxId, 100)
    expect((await store.voicemails.expired(1_000, 9)).map(({ id }) => id)).toEqual([a.id, b.id])
    await store.voicemails.expireAfter(a.boxId, null)
    expect((await store.voicemails.expired(1_000, 9)).map(({ id }) => id)).toEqual([b.id])
  })

  test('go with their recording, and with their box', async () => {
    const [a, b] = [await left('a', 10), await left('b', 20)]
    await store.recordings.remove(a.recordingId)
    expect(await store.voicemails.get(accountId, a.id)).toBeUndefined()
    await store.voicemailBoxes.remove(b.boxId)
    expect(await store.voicemails.get(accountId, b.id)).toBeUndefined()
    expect(await store.recordings.get(accountId, b.recordingId)).toBeDefined()
  })
})
