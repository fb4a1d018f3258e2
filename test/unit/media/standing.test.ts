import { expect, test } from 'vitest'
import type { CallId, ConferenceId, RecordingId } from '../../../engine/core/ids.ts'
import type { RecordMode } from '../../../engine/core/ports/media.ts'
import type { RecordingSpan } from '../../../engine/core/ports/recordings.ts'
import type { Recorder } from '../../../engine/media/leg/recorder.ts'
import { Continuation, outcomeOf, standingAt } from '../../../engine/media/leg/standing.ts'
import { freshTape, Tape } from '../../../engine/media/leg/tape.ts'
import type { Command, Notice } from '../../../engine/media/messages.ts'
import { MediaThread } from '../../../engine/media/thread.ts'
import { onSharedClockMs } from '../../../engine/media/threads/shared-clock.ts'
import { FakePort } from './fake-port.ts'

const standing = (mode: RecordMode) => ({
  tape: { ...freshTape, mode, ticks: 100, heldTicks: 5, heldFromMs: 1900 },
  keys: { frames: 94, spans: [] },
  atMs: 5000,
})

test.each([
  ['running', { ticks: 155, heldTicks: 5 }],
  ['masked', { ticks: 155, heldTicks: 60 }],
  ['toned', { ticks: 155, heldTicks: 60 }],
  ['paused', { ticks: 100, heldTicks: 60 }],
] as const)('one that is %s stands where its time has come to', (mode, { ticks, heldTicks }) => {
  const { tape, keys, atMs } = standingAt(standing(mode), 6104)
  expect(tape).toEqual({ ...standing(mode).tape, ticks, heldTicks })
  // All that is behind is in the file by then.
  expect(keys).toEqual({ frames: ticks, spans: [] })
  expect(atMs).toBe(6104)
})

test('a clock that seems to go back takes nothing away', () => {
  expect(standingAt(standing('running'), 4000).tape.ticks).toBe(100)
})

const silent = (): Recorder => ({
  write: () => undefined,
  close: async () => ({ path: '', durationMs: 0, bytes: 0, failure: null }),
})

test('what is missing in the file is lost, in its place among the other spans, and what is masked goes on', () => {
  const masked: RecordingSpan = { kind: 'masked', startMs: 200, endMs: 400 }
  const state = { ...standing('masked').tape, spans: [masked] }
  const tape = new Tape(silent(), 'received', 8000, state)
  const gaps: (readonly [number, number])[] = []
  const { goesOn } = new Continuation(state, 8000, (...gap) => {
    gaps.push(gap)
    tape.lose(...gap)
  })
  expect(goesOn.atSamples).toBe(100 * 160)
  goesOn.found(8 * 1234)
  expect(gaps).toEqual([[1234, 2000]])
  const lost = { kind: 'lost', startMs: 1234, endMs: 2000 }
  expect(tape.spans).toEqual([masked, lost, { kind: 'masked', startMs: 1900, endMs: 2000 }])
  tape.mode = 'running'
  expect(tape.state).toMatchObject({ ticks: 100, spans: tape.spans })
})

test('nothing is lost of a file that is whole', () => {
  const gaps: unknown[] = []
  const { goesOn } = new Continuation({ ...freshTape, ticks: 50 }, 16_000, (...gap) =>
    gaps.push(gap),
  )
  goesOn.found(50 * 320)
  goesOn.found(50 * 320 + 160)
  expect(gaps).toEqual([])
})

test('a file that could not be gone on with is told as cut, and not as failed; one that fails later is not', async () => {
  const id = 'r' as RecordingId
  const failed = { ...(await silent().close()), failure: 'io_error' } as const
  const continuation = new Continuation(freshTape, 8000, () => undefined)
  const tape = { spans: [] }
  expect(outcomeOf(id, failed, tape, continuation)).toMatchObject({ failure: null, cut: true })
  continuation.goesOn.found(0)
  for (const known of [continuation, undefined]) {
    const outcome = outcomeOf(id, failed, tape, known)
    expect(outcome).toMatchObject({ recordingId: id, failure: 'io_error' })
    expect(outcome.cut).toBeUndefined()
  }
})

test('a thread whose ticks are late tells where a recording stood at the last of them, and begins there too', async () => {
  const told: Notice[] = []
  const thread = new MediaThread({
    ports: {
      open: async () => new FakePort(),
      openWebRtc: () => Promise.reject(new Error('nobody asks')),
      close: async () => {},
    },
    nowMs: () => 5000,
    preciseMs: () => 0,
    random: () => 1,
    silence: { lostMs: 0, endMs: 0 },
    openRecorder: silent,
    tell: (notice) => told.push(notice),
    pace: () => {
      throw new Error('not asked')
    },
  })
  const [leg, room] = ['leg' as CallId, 'room' as ConferenceId]
  const terms = { path: 'p', file: { format: 'wav', rateHz: 8000 } } as const
  const before = { tape: { ...freshTape, ticks: 100 }, atMs: onSharedClockMs(4000) }
  const [ofLeg, ofRoom] = ['l' as RecordingId, 'r' as RecordingId]
  const ask = (command: object) => thread.handle({ id: 1, ...command } as Command)
  await ask({ is: 'open', leg, webrtc: false })
  await ask({ is: 'openRoom', room, options: {} })
  const begin = { ...terms, standing: before }
  await ask({ is: 'startRecording', leg, recordingId: ofLeg, layout: 'received', ...begin })
  await ask({ is: 'recordRoom', room, recordingId: ofRoom, ...begin })
  for (const dueMs of [5020, 5040]) thread.tick(dueMs)
  thread.skip(3)
  await ask({ is: 'setRecording', leg, recordingId: ofLeg, mode: 'masked' })
  await ask({ is: 'setRoomRecording', room, mode: 'masked' })
  for (const is of ['recordingStands', 'roomRecordingStands']) {
    const standings = told.filter((notice) => notice.is === is && 'standing' in notice)
    expect(standings).toMatchObject([
      { standing: { tape: { ticks: 150 }, atMs: onSharedClockMs(5000) } },
      { standing: { tape: { ticks: 155 }, atMs: onSharedClockMs(5100) } },
    ])
  }
})
