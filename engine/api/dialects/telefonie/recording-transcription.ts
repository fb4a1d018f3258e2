import { type Route, route } from '../../dialect.ts'
import { recordingIdSchema } from './recording-routes.ts'
import { recordingSchema, renderRecording } from './recording-schema.ts'

const create = route({
  method: 'POST',
  path: '/v1/voice/recordings/:recording_id/transcription',
  params: recordingIdSchema,
  needs: 'calls',
  operation: {
    id: 'createTranscription',
    tag: 'Recordings',
    summary: 'Have a recording transcribed',
    description:
      'By the model that the operator has set, after those that were asked for before; once more if there is a transcript. `recording.transcribed` or `recording.transcription-failed` tells the end, and the recording has `transcript`. All recordings of an account: `transcribe` of the recording settings.',
    replies: {
      202: { says: 'It waits for its turn', schema: recordingSchema },
      409: { says: 'Not finished yet' },
      503: { says: 'No model is set that can (transcription_failed)' },
    },
  },
  async run({ account, params }, services) {
    const recording = await services.transcripts.ask(account.id, params.recording_id)
    return { status: 202, body: await renderRecording(recording, services) }
  },
})

export const recordingTranscriptionRoutes: readonly Route[] = [create]
