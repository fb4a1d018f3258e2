/** What a device's own page reads: its calls, who is busy, the messages left for it, and news of the log. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallStatus } from '../../../engine/core/call.ts'
import type { DeviceId } from '../../../engine/core/ids.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { leftVoicemail } from '../../support/left-voicemail.ts'
import { accountId, call, callId, event, memoryStore, otherAccountId, uuid } from './fixtures.ts'

const desk = uuid('desk') as DeviceId
const hall = uuid('hall') as DeviceId

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
})
afterEach(() => store.close())

const put = (name: string, deviceId: DeviceId | null, status: CallStatus, createdAtMs: number) =>
  store.calls.commit(call(name, { deviceId, status, createdAtMs, startedAtMs: createdAtMs }), [])

test('the calls of a device: the newest, and those that it has now however old', async () => {
  await put('old live', desk, 'in-progress', 10)
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    await put(name, desk, 'completed', 100 + index)
  }
  await put('of another', hall, 'completed', 200)
  await put('of none', null, 'completed', 300)
  const found = await store.calls.ofDevice(accountId, desk, 2)
  expect(found.map(({ id }) => id)).toEqual([callId('c'), callId('b'), callId('old live')])
  expect(found[0]?.deviceId).toBe(desk)
  expect(await store.calls.ofDevice(accountId, uuid('nobody') as DeviceId, 2)).toEqual([])
})

test('who has calls now: of this account, with a device', async () => {
  await put('rings', desk, 'ringing', 1)
  await put('talks', hall, 'in-progress', 2)
  await put('is over', hall, 'busy', 3)
  await put('is nobody', null, 'in-progress', 4)
  const live = await store.calls.liveOfDevices(accountId)
  expect(new Set(live.map(({ id }) => id))).toEqual(new Set([callId('rings'), callId('talks')]))
  expect(await store.calls.liveOfDevices(otherAccountId)).toEqual([])
})

test('messages of the device, and its lamp, are those of its box', async () => {
  const none = { new: 0, old: 0, urgentNew: 0, urgentOld: 0 }
  expect(await store.mailboxes.counts(desk)).toEqual(none)
  const left = (name: string, device: DeviceId, atMs: number) =>
    leftVoicemail(store, accountId, device, { id: uuid(name), path: `${name}.wav`, atMs })
  const [old, fresh] = [await left('old', desk, 10), await left('fresh', desk, 20)]
  await left('other', hall, 5)
  expect(await store.voicemails.ofDevice(desk, 10)).toEqual([fresh, old])
  expect(await store.voicemails.ofDevice(desk, 1)).toEqual([fresh])
  await store.voicemails.save({ ...old, folder: 'saved', heardAtMs: 30 })
  expect(await store.mailboxes.counts(desk)).toEqual({ ...none, new: 1, old: 1 })
  await store.mailboxes.set(desk, { new: 2, old: 3, urgentNew: 1, urgentOld: 0 }, 5)
  expect(await store.mailboxes.counts(desk)).toEqual({ new: 3, old: 4, urgentNew: 1, urgentOld: 0 })
  await store.devices.remove(desk)
  expect(await store.voicemails.ofDevice(desk, 10)).toEqual([])
  expect((await store.voicemails.list(old.boxId, { page: 1, pageSize: 9 })).total).toBe(2)
  expect(await store.mailboxes.counts(hall)).toEqual({ ...none, new: 1 })
})

test('whoever watches is told whose log has grown, once for each commit, until he stops', async () => {
  const told: string[] = []
  const stop = store.events.watch((id) => told.push(id))
  const one = call('one')
  await store.calls.commit(one, [event(one, 'call.queued'), event(one, 'call.ringing')])
  await store.calls.commit(one, [])
  await store.events.append(accountId, [{ type: 'device.registered', atMs: 1, data: {} }])
  expect(told).toEqual([accountId, accountId])
  expect(await store.events.last(accountId)).toBe(3)
  expect(await store.events.last(otherAccountId)).toBe(0)
  stop()
  await store.events.append(accountId, [{ type: 'device.registered', atMs: 1, data: {} }])
  expect(told).toHaveLength(2)
})
