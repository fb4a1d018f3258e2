import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventOf } from '../../../engine/app/voicemail/messages.ts'
import type { DeviceId } from '../../../engine/core/ids.ts'
import { journalIdOf } from '../../../engine/core/journal.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { plainBox } from '../../../engine/core/ports/voicemail.ts'
import { boxFor, leftVoicemail } from '../../support/left-voicemail.ts'
import { accountId, call, event, memoryStore, testClock, uuid } from './fixtures.ts'

const deviceId = uuid('device') as DeviceId
const webhookUrl = 'https://app.example/left'

let store: Store
let clock: ReturnType<typeof testClock>
beforeEach(async () => {
  clock = testClock(5_000)
  store = await memoryStore(clock)
  await store.devices.insert({
    ...{ id: deviceId, accountId, username: 'desk', name: 'Desk', createdAtMs: 1 },
    ...{ ha1Md5: 'x', ha1Sha256: 'x' },
  })
})
afterEach(() => store.close())

/** A message is left in the box in the course of a call. */
async function isLeft(): Promise<void> {
  const record = call(1, { direction: 'inbound' })
  await store.calls.commit(record, [event(record, 'call.queued')])
  const box = boxFor(accountId, deviceId, {
    options: { ...plainBox, name: 'Desk', email: 'desk@mail.example', webhookUrl },
  })
  await store.voicemailBoxes.insert(box)
  const kept = { id: uuid('message'), path: '/x.wav', atMs: 5_000 }
  const left = await leftVoicemail(store, accountId, deviceId, kept)
  const message = { ...left, callId: record.id }
  await store.voicemails.save(message, [eventOf({ clock }, box, message, 'voicemail.left')])
}

test('a message that is left is told by e-mail and to the address of its box, and wakes the outbox', async () => {
  let woken = 0
  store.outbox.watch(() => {
    woken += 1
  })
  await isLeft()
  expect(woken).toBeGreaterThan(0)
  const due = await store.outbox.due(clock.now, 10)
  expect(due.map(({ url, boxId, event: { type } }) => [url, boxId, type])).toEqual([
    ['mailto:desk@mail.example', expect.stringMatching(/^VM/), 'voicemail.left'],
    [webhookUrl, expect.stringMatching(/^VM/), 'voicemail.left'],
  ])
  await store.outbox.putOff(due[0]!.id, 9_000)
  expect((await store.outbox.due(clock.now, 10)).map(({ url }) => url)).toEqual([webhookUrl])
  expect((await store.outbox.due(9_000, 10))[1]).toMatchObject({ attempts: 0 })
})

test('what is given up says of which message it was', async () => {
  await isLeft()
  for (const { id } of await store.outbox.due(clock.now, 10)) await store.outbox.dead(id, 'no')
  const told = (await store.events.after(accountId, 0, 100)).slice(-2)
  expect(told.map(({ type, data }) => [type, data['voicemailId'], data['error']])).toEqual([
    ['voicemail.mail-failed', uuid('message'), 'no'],
    ['webhook.failed', uuid('message'), 'no'],
  ])
})

test('the journal says that a message was left, also after the end of the call', async () => {
  await isLeft()
  const id = journalIdOf(call(1).id)
  expect((await store.journal.get(accountId, id))?.status).toBe('voicemail')
  const ended = call(1, { direction: 'inbound', status: 'completed', endedAtMs: 6_000 })
  await store.calls.commit(ended, [event(ended, 'call.completed', 6_000)])
  expect((await store.journal.get(accountId, id))?.status).toBe('voicemail')
})
