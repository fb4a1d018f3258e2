import { Type } from 'typebox'
import { deviceNamed } from '../../../app/directory/devices.ts'
import {
  getVoicemail,
  listVoicemails,
  removeMessage,
  type Voicemail,
} from '../../../app/directory/voicemails.ts'
import { markMessage, moveMessage } from '../../../app/voicemail/messages.ts'
import type { AccountId } from '../../../core/ids.ts'
import { transcriptStatuses } from '../../../core/ports/recordings.ts'
import { voicemailFolders } from '../../../core/ports/voicemail.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { deviceParams } from './device-tokens.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

const tag = 'Device page'
const base = '/v1/voice/devices/:device_id/voicemails'
const ofDevice = { param: 'device_id' } as const
const params = Type.Object({ ...deviceParams.properties, voicemail_id: Type.String() })

const voicemailSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    from: Type.String({ description: "E.164 or a device's user name" }),
    from_name: nullable(Type.String({ description: "As the caller's phone gave it" })),
    folder: Type.Enum([...voicemailFolders]),
    urgent: Type.Boolean({ description: 'The caller has marked it so' }),
    received_at: Type.String({ format: 'date-time' }),
    duration: Type.Integer({ description: 'Seconds' }),
    heard: Type.Boolean(),
    transcript_status: nullable(Type.Enum([...transcriptStatuses])),
    transcript: nullable(Type.String({ description: 'Null until there is one' })),
  },
  { 'x-name': 'Voicemail' },
)
const changeSchema = Type.Object(
  {
    heard: Type.Optional(Type.Boolean()),
    folder: Type.Optional(
      Type.Enum([...voicemailFolders], {
        description: 'saved is heard, new is not; from deleted it can be had back for a while',
      }),
    ),
  },
  {
    ...{ additionalProperties: false, minProperties: 1, maxProperties: 1 },
    ...{ 'x-name': 'VoicemailChange', examples: [{ heard: true }] },
  },
)
const listQuery = Type.Object({
  folder: Type.Optional(
    Type.Enum([...voicemailFolders], { description: 'Without it new and saved ones' }),
  ),
})

const render = ({ message, recording }: Voicemail) => ({
  id: message.id,
  ...{ from: message.from, from_name: message.fromName },
  ...{ folder: message.folder, urgent: message.urgent },
  received_at: isoTime(message.receivedAtMs),
  duration: Math.round(message.durationMs / 1000),
  heard: message.folder !== 'new' && message.heardAtMs !== null,
  transcript_status: recording.transcriptStatus ?? null,
  transcript: recording.transcript?.text ?? null,
})

const deviceOf = ({ directory }: Services, account: AccountId, name: string) =>
  deviceNamed(directory, account, name)

const list = route({
  method: 'GET',
  path: base,
  params: deviceParams,
  query: listQuery,
  ofDevice,
  operation: {
    id: 'listDeviceVoicemails',
    tag,
    summary: 'Messages that were left for a device',
    description:
      'Those of its voicemail box: the newest first, 1000 at most. The box itself: /v1/voice/voicemail-boxes.',
    replies: {
      200: { says: 'Messages', schema: Type.Object({ voicemails: Type.Array(voicemailSchema) }) },
    },
  },
  async run({ account, params: { device_id: name }, query: { folder } }, services) {
    const device = await deviceOf(services, account.id, name)
    const voicemails = await listVoicemails(services.directory, device, folder)
    return { status: 200, body: { voicemails: voicemails.map(render) } }
  },
})

const audio = route({
  method: 'GET',
  path: `${base}/:voicemail_id/audio`,
  params,
  ofDevice,
  operation: {
    id: 'getDeviceVoicemailAudio',
    tag,
    summary: 'Hear a message',
    description: 'WAV; byte ranges are answered.',
    produces: 'audio/wav',
    replies: { 200: { says: 'The audio' }, 206: { says: 'The part that was asked for' } },
  },
  async run({ account, params: { device_id: name, voicemail_id: id } }, services) {
    const device = await deviceOf(services, account.id, name)
    const { recording } = await getVoicemail(services.directory, device, id)
    return { audio: { recording } }
  },
})

const mark = route({
  method: 'PATCH',
  path: `${base}/:voicemail_id`,
  params,
  body: changeSchema,
  ofDevice,
  operation: {
    id: 'updateDeviceVoicemail',
    tag,
    summary: 'Mark a message as heard or not, or move it into another folder',
    description: 'The message lamps of the phone follow.',
    replies: { 200: { says: 'The message', schema: voicemailSchema } },
  },
  async run({ account, params: { device_id: name, voicemail_id: id }, body }, services) {
    const device = await deviceOf(services, account.id, name)
    const { message, recording } = await getVoicemail(services.directory, device, id)
    const { heard, folder } = body
    const marked =
      folder === undefined
        ? await markMessage(services.directory, message, heard === true, 'page')
        : await moveMessage(services.directory, message, folder, 'page')
    return { status: 200, body: render({ message: marked, recording }) }
  },
})

const remove = route({
  method: 'DELETE',
  path: `${base}/:voicemail_id`,
  params,
  ofDevice,
  operation: {
    id: 'deleteDeviceVoicemail',
    tag,
    summary: 'Delete a message and its audio, for good',
    replies: { 204: { says: 'Deleted' } },
  },
  async run({ account, params: { device_id: name, voicemail_id: id } }, services) {
    const device = await deviceOf(services, account.id, name)
    const { message } = await getVoicemail(services.directory, device, id)
    await removeMessage(services.directory, message, 'page')
    return { status: 204 }
  },
})

export const voicemailRoutes: readonly Route[] = [list, audio, mark, remove]
