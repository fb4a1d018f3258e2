/** What a crash left, what is deleted elsewhere, and what has been kept long enough. */

import { expect, test } from 'vitest'
import { expireMessages } from '../../../../engine/app/voicemail/expire.ts'
import {
  filesLate,
  recoverMessages,
  voicemailPorts,
} from '../../../../engine/app/voicemail/file.ts'
import { hashPin, pinFits } from '../../../../engine/app/voicemail/pin.ts'
import { messagesFollow } from '../../../../engine/app/voicemail/remove.ts'
import { Failure } from '../../../../engine/core/failures.ts'
import type { RecordingRecord } from '../../../../engine/core/ports/recordings.ts'
import type { VoicemailRecord } from '../../../../engine/core/ports/voicemail.ts'
import { leftVoicemail } from '../../../support/left-voicemail.ts'
import { boxLab } from './lab.ts'

const id = (digit: number) => `${String(digit).repeat(8)}-2222-4333-8444-555555555555`

async function withDrafts(statuses: readonly RecordingRecord['status'][]) {
  const { lab, box, desk } = await boxLab()
  for (const [n, status] of statuses.entries()) {
    const message = await leftVoicemail(lab.store, lab.account.id, desk, {
      ...{ id: id(n + 1), path: `/${n}.wav`, durationMs: 3_000 },
    })
    const recording = await lab.store.recordings.get(lab.account.id, message.recordingId)
    if (!recording) throw new Error('no recording')
    await lab.store.recordings.save({ ...recording, status })
    await lab.store.voicemails.save({ ...message, folder: 'draft', durationMs: 0 })
  }
  const list = async () =>
    (await lab.store.voicemails.list(box.id, { page: 1, pageSize: 9 })).voicemails
  return { lab, box, list }
}

const types = async ({ store, account }: Awaited<ReturnType<typeof boxLab>>['lab']) =>
  (await store.events.after(account.id, 0, 99)).map(({ type }) => type)

test('after a crash what was said is filed, and what is no message goes', async () => {
  const { lab, list } = await withDrafts(['completed', 'failed', 'in-progress'])
  expect(await recoverMessages(lab.ports)).toBe(1)
  expect(await list()).toMatchObject([{ id: id(1), folder: 'new', durationMs: 3_000 }])
  expect((await lab.store.voicemails.drafts()).map((one) => one.id)).toEqual([id(3)])
  expect(await types(lab)).toEqual(['voicemail.left'])
  expect(lab.commands).toContain('sip.mailboxChanged desk')
})

test('a file that is whole late is filed then, unless its call still has it', async () => {
  const { lab, list } = await withDrafts(['completed'])
  const [draft] = await lab.store.voicemails.drafts()
  const recording = await lab.store.recordings.get(lab.account.id, id(1) as never)
  if (!draft || !recording) throw new Error('no draft')
  const file = filesLate(lab.ports, lab.calls)
  lab.calls.leaving.add(draft.id)
  await file(recording)
  expect(await list()).toEqual([])
  lab.calls.leaving.delete(draft.id)
  await file({ ...recording, source: 'call' })
  expect(await list()).toEqual([])
  for (let times = 0; times < 2; times++) await file(recording)
  expect(await list()).toHaveLength(1)
  expect(await types(lab)).toEqual(['voicemail.left'])
})

test('whoever deletes the recording deletes the message: told, and the lamp follows', async () => {
  const { lab, desk } = await boxLab()
  const message = await leftVoicemail(lab.store, lab.account.id, desk, { id: id(1), path: '/a' })
  const recording = await lab.store.recordings.get(lab.account.id, message.recordingId)
  if (!recording) throw new Error('no recording')
  const follow = messagesFollow(voicemailPorts(lab.ports))
  for (let times = 0; times < 2; times++) await follow(recording)
  expect(await lab.store.voicemails.get(lab.account.id, message.id)).toBeUndefined()
  expect(await types(lab)).toEqual(['voicemail.deleted'])
  expect(lab.commands).toContain('sip.mailboxChanged desk')
})

test('what was kept long enough goes for good; what is held is looked at again a day later', async () => {
  const { lab, desk } = await boxLab()
  const expiring = async (n: number): Promise<VoicemailRecord> => {
    const left = await leftVoicemail(lab.store, lab.account.id, desk, { id: id(n), path: '/a' })
    const message = { ...left, expiresAtMs: lab.clock.nowMs() + 60_000 }
    await lab.store.voicemails.save(message)
    return message
  }
  const [free, held] = [await expiring(1), await expiring(2)]
  const wanted = await expiring(3)
  const untilMs = lab.clock.nowMs() + 900_000
  await lab.store.recordings.amend(wanted.recordingId, { retainUntilMs: untilMs })
  const deleted: string[] = []
  const stop = expireMessages(
    {
      ...{ ...lab.ports, ...voicemailPorts(lab.ports), clock: lab.clock, store: lab.store },
      deleteRecording: async (recording) => {
        if (recording.id === held.recordingId) throw new Failure('recording_on_hold', 'held')
        deleted.push(recording.id)
      },
    },
    Promise.resolve(),
  )
  await lab.settle()
  expect(deleted).toEqual([])
  await lab.clock.advance(600_000)
  await lab.settle()
  expect(deleted).toEqual([free.recordingId])
  expect(await lab.store.voicemails.get(lab.account.id, free.id)).toBeUndefined()
  // Its recording is to be kept longer than the box keeps messages.
  const longer = await lab.store.voicemails.get(lab.account.id, wanted.id)
  expect(longer?.expiresAtMs).toBe(untilMs)
  const stays = await lab.store.voicemails.get(lab.account.id, held.id)
  expect((stays?.expiresAtMs ?? 0) - lab.clock.nowMs()).toBe(86_400_000)
  stop()
})

test('a PIN is kept as a slow hash that fits it alone', async () => {
  const hash = await hashPin('4711')
  expect(hash).toMatch(/^scrypt\$16384\$8\$1\$[\w-]+\$[\w-]+$/)
  expect(hash).not.toBe(await hashPin('4711'))
  expect([await pinFits(hash, '4711'), await pinFits(hash, '4712')]).toEqual([true, false])
  for (const bad of [null, '', 'scrypt$x', 'md5$4711'])
    expect(await pinFits(bad, '4711')).toBe(false)
  for (const pin of ['123', '12345678901', '12a4', '']) {
    await expect(hashPin(pin)).rejects.toMatchObject({ code: 'invalid_request' })
  }
})
