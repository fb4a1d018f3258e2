import { Type } from 'typebox'
import { getRecording, listRecordings, removeRecording } from '../../../app/directory/recordings.ts'
import { type Route, route } from '../../dialect.ts'
import { readRecordingFilter, recordingQuerySchema } from './recording-filter.ts'
import { recordingLinkRoutes } from './recording-links.ts'
import { recordingPeaksRoutes } from './recording-peaks.ts'
import { recordingIdSchema as idSchema, unfinished } from './recording-routes.ts'
import { recordingSchema, renderRecording as render, renderRecordings } from './recording-schema.ts'
import { recordingSettingsRoutes } from './recording-settings.ts'
import { recordingTranscriptionRoutes } from './recording-transcription.ts'

const tag = 'Recordings'
/**
 * Where the resource lives: below the voice API, and as its sibling document has it, whose base path ends
 * in the name that its paths begin with; clients use both readings of that.
 */
const bases = [
  ['/v1/voice/recordings', ''],
  ['/v1/recordings/recordings', 'Sibling'],
  ['/v1/recordings', 'Short'],
] as const

/** What the documentation says of a request, and why it shows the same one more than once. */
function shownAs(suffix: string, summary: string, description?: string) {
  if (suffix === '') return { summary, ...(description !== undefined && { description }) }
  const why = `The same as below ${bases[0][0]}, at a path of the sibling document.`
  return {
    summary: `${summary} (sibling path)`,
    description: description === undefined ? why : `${description} ${why}`,
  }
}

const listSchema = Type.Object({
  recordings: Type.Array(recordingSchema),
  total: Type.Integer(),
  page: Type.Integer(),
  page_size: Type.Integer(),
})
const mediaQuerySchema = Type.Object(
  {
    download: Type.Optional(
      Type.Boolean({ description: 'A browser saves it instead of playing it' }),
    ),
    sealed: Type.Optional(
      Type.Boolean({
        description:
          'Of an encrypted recording: the encrypted file with its wrapped key, for `npm run open-recording`',
      }),
    ),
  },
  { additionalProperties: false },
)

const list = (base: string, suffix: string) =>
  route({
    method: 'GET',
    path: base,
    query: recordingQuerySchema,
    operation: {
      id: `listRecordings${suffix}`,
      tag,
      ...shownAs(suffix, 'List recordings', 'Newest first.'),
      replies: { 200: { says: 'List of recordings', schema: listSchema } },
    },
    async run({ account, query }, services) {
      const filter = readRecordingFilter(query)
      const { recordings, total } = await listRecordings(services.directory, account.id, filter)
      const rendered = await renderRecordings(account.id, recordings, services)
      return {
        status: 200,
        body: { recordings: rendered, total, page: filter.page, page_size: filter.pageSize },
      }
    },
  })

const get = (base: string, suffix: string) =>
  route({
    method: 'GET',
    path: `${base}/:recording_id`,
    params: idSchema,
    operation: {
      id: `getRecording${suffix}`,
      tag,
      ...shownAs(suffix, 'Get a recording'),
      replies: { 200: { says: 'The recording', schema: recordingSchema } },
    },
    async run({ account, params }, services) {
      const recording = await getRecording(services.directory, account.id, params.recording_id)
      return { status: 200, body: await render(recording, services) }
    },
  })

const remove = (base: string, suffix: string) =>
  route({
    method: 'DELETE',
    needs: 'manage',
    path: `${base}/:recording_id`,
    params: idSchema,
    operation: {
      id: `deleteRecording${suffix}`,
      tag,
      ...shownAs(suffix, 'Delete a recording and its audio'),
      replies: { 204: { says: 'Recording deleted' }, 409: { says: 'Not finished yet' } },
    },
    async run({ account, params, requestId }, { directory }) {
      const removed = await removeRecording(directory, account.id, params.recording_id)
      return removed ? { status: 204 } : unfinished(requestId)
    },
  })

const media = (base: string, suffix: string) =>
  route({
    method: 'GET',
    path: `${base}/:recording_id/media`,
    params: idSchema,
    query: mediaQuerySchema,
    operation: {
      id: `getRecordingMedia${suffix}`,
      tag,
      ...shownAs(
        suffix,
        'Download the audio',
        'A file as it was recorded, WAV or Ogg Opus (`format` of the recording). Byte ranges are served.',
      ),
      produces: 'audio/wav',
      alsoProduces: ['audio/ogg', 'application/octet-stream'],
      replies: {
        200: { says: 'The file' },
        206: { says: 'A part of it' },
        409: {
          says: 'Not finished yet; or encrypted with a key that the engine lacks (recording_sealed)',
        },
        416: { says: 'The range is outside of the file' },
      },
    },
    async run({ account, params, query, requestId }, { directory }) {
      const recording = await getRecording(directory, account.id, params.recording_id)
      if (recording.status === 'in-progress') return unfinished(requestId)
      const { download = false, sealed: isSealed = false } = query
      return { audio: { recording, asAttachment: download, isSealed } }
    },
  })

export const recordingRoutes: readonly Route[] = [
  ...bases.flatMap(([base, suffix]) =>
    [list, get, remove, media].map((make) => make(base, suffix)),
  ),
  ...recordingPeaksRoutes,
  ...recordingLinkRoutes,
  ...recordingSettingsRoutes,
  ...recordingTranscriptionRoutes,
]
