import { type Static, Type } from 'typebox'
import {
  changeKeeping,
  recordingSettings,
  type SettingsWithKey,
  setRecordingSettings,
  timeToCome,
} from '../../../app/directory/recording-settings.ts'
import { Failure } from '../../../core/failures.ts'
import { recordingFormats } from '../../../core/ports/recordings.ts'
import type { RecordingSettings } from '../../../core/recording-settings.ts'
import { type Route, route } from '../../dialect.ts'
import { nullable } from './nullable.ts'
import { recordingIdSchema } from './recording-routes.ts'
import { recordingSchema, renderRecording } from './recording-schema.ts'

const tag = 'Recordings'
const base = '/v1/voice/recording-settings'

const fields = {
  retention_days: nullable(
    Type.Integer({
      ...{ minimum: 1, maximum: 36_500 },
      description:
        'A recording is deleted for good so many days after it was made, unless it is on hold or has a time of its own; null: it is kept',
    }),
  ),
  encryption_key: nullable(
    Type.String({
      ...{ minLength: 1, maxLength: 10_000 },
      description:
        'PEM of a public key, RSA (2048 to 8192 bits) or X25519. Recordings are encrypted (AES-256-GCM, a key for each) for whoever has its private key, as soon as they are whole; what was recorded before stays as it is. Null: new ones are not encrypted',
    }),
  ),
  format: nullable(
    Type.Enum([...recordingFormats], {
      description: 'Of recordings that do not say it; null: as the operator has set it',
    }),
  ),
  beep_every: nullable(
    Type.Integer({
      ...{ minimum: 0, maximum: 3600 },
      description:
        'Seconds between tones that tell both sides that they are recorded; 0: none; null: as the operator has set it',
    }),
  ),
  announcement: nullable(
    Type.String({
      ...{ maxLength: 1000 },
      description:
        'Said to both sides before a recording begins; empty: nothing; null: what the operator has set',
    }),
  ),
  transcribe: Type.Boolean({ description: 'Each recording is transcribed, where a model is set' }),
}

const settingsSchema = Type.Object(
  {
    ...fields,
    encryption_key_id: nullable(
      Type.String({ description: 'By which the key is named: of its SHA-256' }),
    ),
  },
  { 'x-name': 'RecordingSettings' },
)

const newSettingsSchema = Type.Partial(Type.Object(fields), {
  ...{ additionalProperties: false, 'x-name': 'NewRecordingSettings' },
  examples: [{ retention_days: 90, format: 'opus' }],
})

const render = (settings: SettingsWithKey) => ({
  retention_days: settings.retentionDays ?? null,
  encryption_key: settings.encryptionKey ?? null,
  encryption_key_id: settings.encryptionKeyId ?? null,
  format: settings.format ?? null,
  beep_every: settings.beepEveryMs === undefined ? null : settings.beepEveryMs / 1000,
  announcement: settings.announcement ?? null,
  transcribe: settings.transcribe ?? false,
})

function read(body: Static<typeof newSettingsSchema>): RecordingSettings {
  const { retention_days, encryption_key, format, beep_every, announcement, transcribe } = body
  return {
    ...(retention_days != null && { retentionDays: retention_days }),
    ...(encryption_key != null && { encryptionKey: encryption_key }),
    ...(format != null && { format }),
    ...(beep_every != null && { beepEveryMs: beep_every * 1000 }),
    ...(announcement != null && { announcement }),
    ...(transcribe === true && { transcribe }),
  }
}

const replies = { 200: { says: 'What is set', schema: settingsSchema } }

const get = route({
  method: 'GET',
  path: base,
  operation: {
    ...{ id: 'getRecordingSettings', tag, summary: 'What the account has set for its recordings' },
    replies,
  },
  async run({ account }, { directory }) {
    return { status: 200, body: render(await recordingSettings(directory, account.id)) }
  },
})

const put = route({
  method: 'PUT',
  needs: 'manage',
  path: base,
  body: newSettingsSchema,
  operation: {
    ...{ id: 'setRecordingSettings', tag, summary: 'Set how recordings are made and kept' },
    description:
      'What is not named is as the operator has it: PATCH leaves that as it is. Retention, with the next look (every ten minutes), is for recordings that are there already too.',
    replies,
  },
  async run({ account, body }, { directory }) {
    const settings = await setRecordingSettings(directory, account.id, read(body))
    return { status: 200, body: render(settings) }
  },
})

const patch = route({
  method: 'PATCH',
  needs: 'manage',
  path: base,
  body: newSettingsSchema,
  operation: {
    ...{ id: 'updateRecordingSettings', tag, summary: 'Change some of what is set for recordings' },
    description: 'What is not named stays as it is; null: as the operator has it.',
    replies,
  },
  async run({ account, body }, { directory }) {
    const before = await recordingSettings(directory, account.id)
    // A key that is gone meanwhile takes its name along.
    const { encryption_key_id: _, ...stays } = render(before)
    const settings = await setRecordingSettings(directory, account.id, read({ ...stays, ...body }))
    return { status: 200, body: render(settings) }
  },
})

const keepingSchema = Type.Partial(
  Type.Object({
    hold: Type.Boolean({
      description:
        'Legal hold: nobody can delete the recording, neither by request nor by age, until it is false again',
    }),
    hold_reason: Type.String({
      ...{ minLength: 1, maxLength: 500 },
      description: 'Needed with `hold: true`',
    }),
    retain_until: nullable(
      Type.String({
        ...{ format: 'date-time', maxLength: 40 },
        description:
          "It is kept until then, and deleted after it, whatever the account's retention says; null: that counts again",
      }),
    ),
  }),
  {
    ...{ additionalProperties: false, 'x-name': 'RecordingChange' },
    examples: [{ hold: true, hold_reason: 'case 4711' }],
  },
)

function holdOf({ hold, hold_reason }: Static<typeof keepingSchema>): string | null | undefined {
  if (hold === undefined && hold_reason === undefined) return undefined
  if (hold === false && hold_reason === undefined) return null
  if (hold === true && hold_reason !== undefined) return hold_reason
  const [field, text] =
    hold_reason === undefined
      ? ['hold_reason', 'a hold needs a reason']
      : ['hold', 'a reason is for `hold: true` alone']
  throw new Failure('invalid_request', text, field)
}

const change = route({
  method: 'PATCH',
  needs: 'manage',
  path: '/v1/voice/recordings/:recording_id',
  params: recordingIdSchema,
  body: keepingSchema,
  operation: {
    ...{
      id: 'updateRecording',
      tag,
      summary: 'Put a recording on hold, or set how long it is kept',
    },
    replies: { 200: { says: 'The recording', schema: recordingSchema } },
  },
  async run({ account, params, body }, services) {
    const { directory } = services
    const holdReason = holdOf(body)
    const { retain_until: until } = body
    const retainUntilMs = until == null ? until : timeToCome(directory, until)
    const recording = await changeKeeping(directory, account.id, params.recording_id, {
      ...(holdReason !== undefined && { holdReason }),
      ...(retainUntilMs !== undefined && { retainUntilMs }),
    })
    return { status: 200, body: await renderRecording(recording, services) }
  },
})

export const recordingSettingsRoutes: readonly Route[] = [get, put, patch, change]
