import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallId, ConferenceId } from '../../../../engine/core/ids.ts'
import type { RecordingSpan } from '../../../../engine/core/ports/recordings.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
let id: ConferenceId
let a: CallId
const modes: string[] = []
const span: RecordingSpan = { kind: 'masked', startMs: 100, endMs: 100 }
beforeEach(async () => {
  modes.length = 0
  lab = await openConferenceLab({
    media: {
      setRoomRecording: async (_room, mode) => {
        modes.push(mode)
        return mode === 'running' ? [{ ...span, endMs: 400 }] : [span]
      },
    },
  })
  id = await lab.room({ options: { entrySound: 'none', exitSound: 'none' } })
  a = await lab.member(id)
})
afterEach(() => lab.store.close())

const set = (wanted: Parameters<typeof lab.desk.setRecording>[2]) =>
  lab.desk.setRecording(lab.account.id, id, wanted)
const told = async () =>
  (await lab.events(id))
    .filter(({ type }) => /recording-(?:paused|resumed)$/.test(type))
    .map(({ type, data }) => [type, data])

test('the recording of a conference is masked and goes on; spans are told and kept', async () => {
  const recordingId = await lab.desk.startRecording(lab.account.id, id)
  const now = () => lab.desk.get(lab.account.id, id)
  expect(await now()).toMatchObject({ recordingMode: 'running' })
  expect(await set({ action: 'mask', maskWith: 'tone' })).toEqual({ recordingId, mode: 'masked' })
  expect(await set({ action: 'mask', maskWith: 'tone' })).toEqual({ recordingId, mode: 'masked' })
  expect(await now()).toMatchObject({ recordingMode: 'masked' })
  expect(await set({ action: 'resume' })).toEqual({ recordingId, mode: 'running' })
  expect(modes).toEqual(['toned', 'running'])
  const whole = [{ ...span, endMs: 400 }]
  expect(await told()).toEqual([
    ['conference.recording-paused', { recordingId, mode: 'masked', spans: [span] }],
    ['conference.recording-resumed', { recordingId, spans: whole }],
  ])
  expect(await lab.store.recordings.get(lab.account.id, recordingId)).toMatchObject({
    ...{ status: 'in-progress', spans: whole },
  })
  await lab.desk.stopRecording(lab.account.id, id)
  expect(await lab.store.recordings.get(lab.account.id, recordingId)).toMatchObject({
    ...{ status: 'completed', spans: whole },
  })
  expect((await lab.events(id)).at(-1)).toMatchObject({
    type: 'conference.recording-completed',
    data: { recordingId, spans: whole },
  })
  expect(await now()).toMatchObject({ recordingMode: null })
})

test('one whose media thread had died goes on, and its gap is kept and told', async () => {
  const recordingId = await lab.desk.startRecording(lab.account.id, id)
  const spans: RecordingSpan[] = [{ kind: 'lost', startMs: 900, endMs: 2300 }]
  lab.media.recordingGap(recordingId, spans)
  await lab.settle()
  expect((await lab.events(id)).at(-1)).toMatchObject({
    ...{ type: 'conference.recording-interrupted', data: { recordingId, spans } },
  })
  await lab.desk.stopRecording(lab.account.id, id)
  expect(await lab.store.recordings.get(lab.account.id, recordingId)).toMatchObject({
    ...{ status: 'completed', spans },
  })
})

test('as told by its writer at the end, the spans are true', async () => {
  const recordingId = await lab.desk.startRecording(lab.account.id, id)
  await set({ action: 'pause' })
  const spans: RecordingSpan[] = [{ kind: 'paused', startMs: 5, endMs: 5, heldMs: 900 }]
  lab.media.roomRecordingEnded(id, {
    ...{ recordingId, path: '/x.wav', durationMs: 9, bytes: 60, failure: null, spans },
  })
  await lab.settle()
  expect(await lab.store.recordings.get(lab.account.id, recordingId)).toMatchObject({ spans })
})

test('that of one member: his call tells it, and the conference', async () => {
  const recordingId = await lab.desk.startRecording(lab.account.id, id, a)
  expect(await set({ action: 'pause', callId: a })).toEqual({ recordingId, mode: 'paused' })
  await set({ action: 'pause', callId: a })
  await set({ action: 'resume', callId: a })
  await lab.settle()
  expect(await told()).toEqual([
    ['conference.recording-paused', { callId: a, recordingId, mode: 'paused' }],
    ['conference.recording-resumed', { callId: a, recordingId }],
  ])
  const ofCall = (await lab.store.events.ofCall(lab.account.id, a)).map(({ type }) => type)
  expect(ofCall.filter((type) => /paused|resumed/.test(type))).toEqual([
    'recording.paused',
    'recording.resumed',
  ])
})

test('nothing to pause is told so', async () => {
  for (const callId of [undefined, a]) {
    await expect(set({ action: 'pause', ...(callId && { callId }) })).rejects.toMatchObject({
      code: 'not_recording',
    })
  }
  expect(modes).toEqual([])
})

test('on a disk that is nearly full nothing is recorded', async () => {
  Object.assign(lab.ports.recordingFiles, {
    space: async () => ({ freeBytes: 1, totalBytes: 1_000_000 }),
  })
  await lab.calls.space.look()
  await expect(lab.desk.startRecording(lab.account.id, id)).rejects.toMatchObject({
    code: 'disk_low',
  })
  await lab.desk.change(lab.account.id, id, { record: true })
  expect((await lab.events(id)).at(-1)).toMatchObject({
    type: 'conference.recording-failed',
    data: { reason: 'disk_low' },
  })
})
