import { expect, test } from 'vitest'
import {
  type Callback,
  callbacksFor,
  transcriptEvents,
  withCallback,
} from '../../../engine/core/callbacks.ts'
import type { RecordingId } from '../../../engine/core/ids.ts'

const status: Callback = {
  ...{ tells: 'status', url: 'https://app.example/s', method: 'POST' },
  events: ['call.completed'],
}
const recording = (n: number): Callback => ({
  ...{ tells: 'recording', url: 'https://app.example/r', method: 'POST' },
  events: ['recording.completed'],
  recording: {
    ...{ id: `r${n}` as RecordingId, source: 'message', track: 'inbound', channels: 1 },
    startedAtMs: n,
  },
})

test('however many recordings a call has, whom the end of the call is told stays', () => {
  let callbacks: readonly Callback[] = [status]
  for (let n = 0; n < 80; n++) callbacks = withCallback(callbacks, recording(n))
  expect(callbacks).toHaveLength(50)
  expect(callbacks[0]).toBe(status)
  expect(callbacks.at(-1)).toEqual(recording(79))
  expect(callbacks[1]).toEqual(recording(31))
})

test('of many streams the oldest goes, and a stream that runs on outlives many recordings', () => {
  const stream = (n: number): Callback => ({
    ...{ tells: 'stream', url: 'https://app.example/t', method: 'POST', streamId: `t${n}` },
    events: ['stream.stopped'],
  })
  let callbacks: readonly Callback[] = [status, stream(0)]
  for (let n = 0; n < 80; n++) callbacks = withCallback(callbacks, recording(n))
  expect(callbacks.slice(0, 2)).toEqual([status, stream(0)])
  callbacks = [status]
  for (let n = 0; n < 80; n++) callbacks = withCallback(callbacks, stream(n))
  expect(callbacks.slice(0, 2)).toEqual([status, stream(31)])
  expect(callbacks).toHaveLength(50)
})

test('the text of a recording is told later than the recording: who wants it stays longer', () => {
  const transcript = (n: number): Callback => ({
    ...recording(n),
    tells: 'transcript',
    events: transcriptEvents,
  })
  let callbacks: readonly Callback[] = [status]
  for (let n = 0; n < 40; n++) {
    callbacks = withCallback(withCallback(callbacks, recording(n)), transcript(n))
  }
  const told = { type: 'recording.transcribed', data: { recordingId: 'r0', callId: 'c' } } as const
  expect(callbacksFor(callbacks, told)).toEqual([transcript(0)])
  expect(callbacksFor(callbacks, { ...told, data: { recordingId: 'other' } })).toEqual([])
})
