import { Type } from 'typebox'
import { getRecording } from '../../../app/directory/recordings.ts'
import { recordingStory } from '../../../app/recordings/story.ts'
import { type Route, route } from '../../dialect.ts'
import {
  peaksQuerySchema,
  readPeaksQuery,
  renderPeaks,
  renderStory,
} from '../../recordings/show.ts'
import { recordingIdSchema, unfinished } from './recording-routes.ts'

const tag = 'Recordings'
const number = Type.Number()

const peaks = route({
  method: 'GET',
  path: '/v1/voice/recordings/:recording_id/peaks',
  params: recordingIdSchema,
  query: peaksQuerySchema,
  operation: {
    id: 'getRecordingPeaks',
    tag,
    summary: 'The waveform, for drawing',
    description:
      'Of the whole recording, or of a part of it at a resolution of up to 20 ms. It is made once, when the recording is over.',
    replies: {
      200: {
        says: 'Least and greatest sample of each stretch, -1 to 1, a row per channel',
        schema: Type.Object({
          rate: Type.Integer({ description: 'Hz' }),
          duration: Type.Number({ description: 'Seconds of the whole recording' }),
          from: Type.Number({ description: 'Seconds: where the first stretch begins' }),
          stretch: Type.Number({ description: 'Seconds: how long each is' }),
          channels: Type.Array(Type.Object({ min: Type.Array(number), max: Type.Array(number) })),
        }),
      },
      409: {
        says: 'Not finished yet; or encrypted with a key that the engine lacks (recording_sealed)',
      },
      503: { says: 'It is being made: see Retry-After (not_ready)' },
    },
  },
  async run({ account, params, query, requestId }, services) {
    const recording = await getRecording(services.directory, account.id, params.recording_id)
    if (recording.status === 'in-progress') return unfinished(requestId)
    const found = await services.recordingPeaks.read(recording, readPeaksQuery(query))
    return { status: 200, body: renderPeaks(found) }
  },
})

const marks = route({
  method: 'GET',
  path: '/v1/voice/recordings/:recording_id/marks',
  params: recordingIdSchema,
  operation: {
    id: 'getRecordingMarks',
    tag,
    summary: 'What happened while it was recorded',
    description:
      "Keys, holds, transfers and such from the log of its call, in the file's own time. Keys that were pressed while it was masked or paused are told without which.",
    replies: {
      200: {
        says: 'Who is heard on which channel, and the marks',
        schema: Type.Object({
          title: Type.String(),
          started_at: Type.String({ format: 'date-time' }),
          sides: Type.Array(Type.Union([Type.String(), Type.Null()])),
          marks: Type.Array(
            Type.Object({
              kind: Type.String(),
              at: Type.Number({ description: 'Seconds' }),
              text: Type.String(),
            }),
          ),
        }),
      },
    },
  },
  async run({ account, params }, { directory }) {
    const recording = await getRecording(directory, account.id, params.recording_id)
    const story = await recordingStory(directory.store, recording, { hidesDigits: false })
    return { status: 200, body: renderStory(story) }
  },
})

export const recordingPeaksRoutes: readonly Route[] = [peaks, marks]
