/** Messages of devices, as earlier versions kept them, are in boxes of their devices after an upgrade. */

import { Migrator } from 'kysely/migration'
import { expect, test } from 'vitest'
import type { DeviceId, VoicemailId } from '../../../engine/core/ids.ts'
import { openStore } from '../../../engine/store/index.ts'
import { migrations } from '../../../engine/store/migrations/index.ts'
import { bareDatabase, newPlace, type Row } from '../../support/databases.ts'
import { accountId, callId, testClock, uuid } from './fixtures.ts'

const desk = uuid('desk') as DeviceId
const [heard, fresh] = [uuid('heard') as VoicemailId, uuid('fresh') as VoicemailId]

test('with their audio, their transcripts and whether they were heard', async () => {
  const place = await newPlace(false)
  const db = await bareDatabase(place)
  const provider = { getMigrations: async () => ({ ...migrations }) }
  const { error } = await new Migrator({ db, provider }).migrateTo('0023-backlog-indexes')
  expect(error).toBeUndefined()
  const insert = (table: string, row: Row) => db.insertInto(table).values(row).execute()
  await insert('accounts', {
    ...{ id: accountId, ordinal: 1, name: 'a', record_trigger_calls: 0, webhook_secret: 'secret' },
    ...{ last_sequence: 0, created_at_ms: 1, status: 'active' },
  })
  await insert('devices', {
    ...{ id: desk, account_id: accountId, username: 'desk', name: 'Front desk', ha1_md5: '' },
    ...{ ha1_sha256: '', created_at_ms: 1 },
  })
  const message = { account_id: accountId, device_id: desk, from_party: '+61412345678' }
  await insert('voicemails', {
    ...{ ...message, id: heard, call_id: callId('gone'), received_at_ms: 10, duration_ms: 1_500 },
    ...{ path: '/data/heard.wav', heard: 1, transcript: 'Please call back.' },
  })
  await insert('voicemails', {
    ...{ ...message, id: fresh, call_id: null, received_at_ms: 20, duration_ms: 2_500 },
    ...{ path: '/data/fresh.wav', heard: 0, transcript: null },
  })
  await db.destroy()
  const store = await openStore({ path: place, clock: testClock() })
  const box = await store.voicemailBoxes.ofDevice(desk)
  expect(box).toMatchObject({ options: { name: 'Front desk', maxMessages: 100 }, devices: [desk] })
  expect(await store.voicemails.ofDevice(desk, 9)).toMatchObject([
    { id: fresh, boxId: box?.id, folder: 'new', durationMs: 2_500, from: '+61412345678' },
    { id: heard, folder: 'saved', heardAtMs: 10, callId: callId('gone'), to: 'desk' },
  ])
  const [one] = await store.voicemails.ofDevice(desk, 9).then((all) => all.slice(-1))
  expect(one && (await store.recordings.get(accountId, one.recordingId))).toMatchObject({
    ...{ source: 'voicemail', path: '/data/heard.wav', status: 'completed', channels: 1 },
    ...{ callId: null, transcript: { text: 'Please call back.' }, transcriptStatus: 'completed' },
  })
  expect(await store.mailboxes.counts(desk)).toMatchObject({ new: 1, old: 1 })
  await store.close()
})
