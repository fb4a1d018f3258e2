import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RecordingFiles } from '../../../../engine/app/ports.ts'
import { recordingStory } from '../../../../engine/app/recordings/story.ts'
import type { ConferenceId, RecordingId } from '../../../../engine/core/ids.ts'
import type { RecordOutcome } from '../../../../engine/core/ports/media.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
let cut: string[] = []
beforeEach(async () => {
  lab = await openConferenceLab()
  cut = []
  trims(async () => ({ durationMs: 5_000, bytes: 80_044, beginsMs: 2_000 }))
})
afterEach(() => lab.store.close())

const trims = (trimSilence: RecordingFiles['trimSilence']) =>
  Object.assign(lab.ports.recordingFiles, {
    trimSilence: (path: string) => {
      cut.push(path)
      return trimSilence(path)
    },
  })

async function recorded(trimRecordings: boolean, more: Partial<RecordOutcome> = {}) {
  const id = await lab.room({ options: { trimRecordings, entrySound: 'none' } })
  await lab.member(id)
  const recordingId = await lab.desk.startRecording(lab.account.id, id)
  lab.media.roomRecordingEnded(id, {
    ...{ recordingId, path: '/x.wav', durationMs: 9_000, bytes: 144_044, failure: null, ...more },
  })
  await lab.settle()
  return { id, recordingId }
}
const storedOf = (id: RecordingId) => lab.store.recordings.get(lab.account.id, id)
const toldOf = async (id: ConferenceId) => (await lab.events(id)).at(-1)

test('silence at both ends is left out: the figures are those of what is left', async () => {
  const { id, recordingId } = await recorded(true, {
    spans: [
      { kind: 'paused', startMs: 500, endMs: 500, heldMs: 30_000 },
      { kind: 'masked', startMs: 2_500, endMs: 3_000 },
    ],
  })
  const spans = [{ kind: 'masked', startMs: 500, endMs: 1_000 }]
  const stored = await storedOf(recordingId)
  expect(stored).toMatchObject({ status: 'completed', durationMs: 5_000, bytes: 80_044, spans })
  expect(cut).toEqual([stored!.path])
  // The pause took its time, before what is left begins.
  expect(await toldOf(id)).toMatchObject({
    type: 'conference.recording-completed',
    data: { recordingId, durationMs: 5_000, spans, trimmedMs: 32_000 },
  })
})

test('what was stored of a pause that is cut away is gone from the row, too', async () => {
  const id = await lab.room({ options: { trimRecordings: true, entrySound: 'none' } })
  await lab.member(id)
  const recordingId = await lab.desk.startRecording(lab.account.id, id)
  const spans = [{ kind: 'paused', startMs: 500, endMs: 500, heldMs: 30_000 }] as const
  await lab.store.recordings.save({ ...(await storedOf(recordingId))!, spans })
  lab.media.roomRecordingEnded(id, {
    ...{ recordingId, path: '/x.wav', durationMs: 9_000, bytes: 144_044, failure: null, spans },
  })
  await lab.settle()
  expect(await storedOf(recordingId)).toMatchObject({ status: 'completed', spans: [] })
  expect((await toldOf(id))!.data).toMatchObject({ trimmedMs: 32_000 })
})

test('what happened meanwhile is shown where it is heard now', async () => {
  const id = await lab.room({ options: { trimRecordings: true, entrySound: 'none' } })
  await lab.member(id)
  const recordingId = await lab.desk.startRecording(lab.account.id, id)
  // The first comes in the silence that is left out.
  for (const waitMs of [1_000, 2_500]) {
    await lab.clock.advance(waitMs)
    await lab.member(id)
  }
  await lab.desk.stopRecording(lab.account.id, id)
  const stored = await storedOf(recordingId)
  const story = await recordingStory(lab.store, stored!, { hidesDigits: false })
  expect(story.startedAtMs).toBe(stored!.createdAtMs + 2_000)
  expect(story.marks).toEqual([{ kind: 'member', text: 'Somebody joined', atMs: 1_500 }])
})

test.each([
  ['nobody speaks in it', async () => undefined],
  ['it can not be cut', () => Promise.reject(new Error('the disk is full'))],
])('all of it is kept where %s', async (_why, trimSilence) => {
  trims(trimSilence)
  const { id, recordingId } = await recorded(true)
  expect(cut).toHaveLength(1)
  expect(await storedOf(recordingId)).toMatchObject({ status: 'completed', durationMs: 9_000 })
  const { type, data } = (await toldOf(id))!
  expect([type, data['durationMs']]).toEqual(['conference.recording-completed', 9_000])
  expect(data).not.toHaveProperty('trimmedMs')
})

test('neither one that failed is touched, nor one of which that is not wished', async () => {
  const failed = await recorded(true, { failure: 'io_error' })
  expect(await storedOf(failed.recordingId)).toMatchObject({ status: 'failed', durationMs: 9_000 })
  const plain = await recorded(false)
  expect(await storedOf(plain.recordingId)).toMatchObject({ durationMs: 9_000 })
  expect(cut).toEqual([])
})
