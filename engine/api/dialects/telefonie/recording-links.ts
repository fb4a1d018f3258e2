import { Type } from 'typebox'
import { getRecording } from '../../../app/directory/recordings.ts'
import {
  type LinkSettings,
  linkUses,
  longestLinkS,
  shortestLinkS,
} from '../../../core/ports/recording-links.ts'
import { type Route, route } from '../../dialect.ts'
import { nullable } from './nullable.ts'
import { recordingIdSchema, unfinished } from './recording-routes.ts'
import { isoTime } from './values.ts'

const tag = 'Recordings'
const base = '/v1/voice/recording-links'

const ttl = (description: string) =>
  Type.Integer({ minimum: shortestLinkS, maximum: longestLinkS, description })

const make = route({
  method: 'POST',
  forTestKeys: true,
  path: '/v1/voice/recordings/:recording_id/links',
  params: recordingIdSchema,
  body: Type.Object(
    {
      ttl: Type.Optional({ ...ttl('Seconds for which it is good'), default: 3600 }),
      use: Type.Optional(
        Type.Enum([...linkUses], {
          default: 'page',
          description:
            '`audio`: the sound alone. `page`: also the page with the waveform, what happened and the transcript',
        }),
      ),
    },
    {
      ...{ additionalProperties: false, 'x-name': 'NewRecordingLink' },
      examples: [{ ttl: 86_400, use: 'page' }],
    },
  ),
  bodyIsOptional: true,
  needs: 'read',
  operation: {
    id: 'createRecordingLink',
    tag,
    summary: 'Make a link that needs no key',
    description:
      'Whoever has the link can hear the recording until it is over: it ends by itself, with the deletion of the recording, and when all links of the account are revoked. Nothing of it can be changed. Byte ranges are served. The page does not tell which keys were pressed.',
    replies: {
      201: {
        says: 'The link, which is told this once',
        schema: Type.Object(
          {
            url: Type.String({ description: 'Of the audio' }),
            page_url: nullable(Type.String({ description: 'For people' })),
            expires_at: Type.String({ format: 'date-time' }),
          },
          { 'x-name': 'RecordingLink' },
        ),
      },
      409: { says: 'Not finished yet' },
    },
  },
  async run({ account, params, body, requestId }, { directory, recordingLinks, linkUrl }) {
    const recording = await getRecording(directory, account.id, params.recording_id)
    if (recording.status !== 'completed') return unfinished(requestId)
    const { ttl: ttlS = 3600, use = 'page' } = body
    const { token, expiresAtMs } = await recordingLinks.make(account.id, recording.id, {
      ...{ use, ttlS },
    })
    return {
      status: 201,
      body: {
        url: linkUrl(token, 'audio'),
        page_url: use === 'page' ? linkUrl(token, 'page') : null,
        expires_at: isoTime(expiresAtMs),
      },
    }
  },
})

const settingsSchema = Type.Object(
  {
    webhook_ttl: nullable(
      ttl(
        'Webhooks of this account have links, good for so many seconds, as `recording_url`; null: addresses that need a key',
      ),
    ),
    revoked_at: nullable(
      Type.String({ format: 'date-time', description: 'Links made before it are not good' }),
    ),
  },
  { 'x-name': 'RecordingLinkSettings' },
)

const rendered = ({ webhookTtlS, revokedAtMs }: LinkSettings) => ({
  webhook_ttl: webhookTtlS,
  revoked_at: revokedAtMs === null ? null : isoTime(revokedAtMs),
})

const get = route({
  method: 'GET',
  path: base,
  operation: {
    ...{ id: 'getRecordingLinkSettings', tag, summary: 'What is set for links to recordings' },
    replies: { 200: { says: 'What is set', schema: settingsSchema } },
  },
  async run({ account }, { recordingLinks }) {
    return { status: 200, body: rendered(await recordingLinks.settings(account.id)) }
  },
})

const change = route({
  method: 'PATCH',
  path: base,
  needs: 'manage',
  body: Type.Object(
    { webhook_ttl: settingsSchema.properties.webhook_ttl },
    {
      ...{ additionalProperties: false, 'x-name': 'RecordingLinkChange' },
      examples: [{ webhook_ttl: 86_400 }],
    },
  ),
  operation: {
    ...{ id: 'updateRecordingLinkSettings', tag, summary: 'Have webhooks carry links' },
    replies: { 200: { says: 'What is set', schema: settingsSchema } },
  },
  async run({ account, body }, { recordingLinks }) {
    const settings = await recordingLinks.setWebhookTtl(account.id, body.webhook_ttl)
    return { status: 200, body: rendered(settings) }
  },
})

const revoke = route({
  method: 'DELETE',
  path: base,
  needs: 'manage',
  operation: {
    ...{ id: 'revokeRecordingLinks', tag, summary: 'Revoke all links to recordings' },
    description: 'Of the account: each that was made so far leads nowhere from now on.',
    replies: { 204: { says: 'Links revoked' } },
  },
  async run({ account }, { recordingLinks }) {
    await recordingLinks.revoke(account.id)
    return { status: 204 }
  },
})

export const recordingLinkRoutes: readonly Route[] = [make, get, change, revoke]
