import { Type } from 'typebox'
import { deviceNamed } from '../../../app/directory/devices.ts'
import {
  getVoicemail,
  listVoicemails,
  markVoicemail,
  removeVoicemail,
} from '../../../app/directory/voicemails.ts'
import type { AccountId } from '../../../core/ids.ts'
import type { VoicemailRecord } from '../../../core/ports/voicemail.ts'
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
    received_at: Type.String({ format: 'date-time' }),
    duration: Type.Integer({ description: 'Seconds' }),
    heard: Type.Boolean(),
    transcript: nullable(Type.String({ description: 'Null until there is one' })),
  },
  { 'x-name': 'Voicemail' },
)
const changeSchema = Type.Object(
  { heard: Type.Boolean() },
  { additionalProperties: false, 'x-name': 'VoicemailChange', examples: [{ heard: true }] },
)

const render = (voicemail: VoicemailRecord) => ({
  id: voicemail.id,
  from: voicemail.from,
  received_at: isoTime(voicemail.receivedAtMs),
  duration: Math.round(voicemail.durationMs / 1000),
  heard: voicemail.heard,
  transcript: voicemail.transcript,
})

const deviceOf = ({ directory }: Services, account: AccountId, name: string) =>
  deviceNamed(directory, account, name)

const list = route({
  method: 'GET',
  path: base,
  params: deviceParams,
  ofDevice,
  operation: {
    id: 'listDeviceVoicemails',
    tag,
    summary: 'Messages that were left for a device',
    description:
      'The newest first, 1000 at most. No verb of this version takes messages yet: the list holds what a voicemail stored.',
    replies: {
      200: { says: 'Messages', schema: Type.Object({ voicemails: Type.Array(voicemailSchema) }) },
    },
  },
  async run({ account, params: { device_id: name } }, services) {
    const device = await deviceOf(services, account.id, name)
    const voicemails = await listVoicemails(services.directory, device)
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
    const voicemail = await getVoicemail(services.directory, device, id)
    return { file: { path: voicemail.path, type: 'audio/wav', name: `${voicemail.id}.wav` } }
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
    summary: 'Mark a message as heard, or not',
    description: 'The message lamps of the phone follow.',
    replies: { 200: { says: 'The message', schema: voicemailSchema } },
  },
  async run({ account, params: { device_id: name, voicemail_id: id }, body }, services) {
    const device = await deviceOf(services, account.id, name)
    const voicemail = await markVoicemail(services.directory, device, id, body.heard)
    return { status: 200, body: render(voicemail) }
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
    summary: 'Delete a message and its audio',
    replies: { 204: { says: 'Deleted' } },
  },
  async run({ account, params: { device_id: name, voicemail_id: id } }, services) {
    const device = await deviceOf(services, account.id, name)
    await removeVoicemail(services.directory, device, id)
    return { status: 204 }
  },
})

export const voicemailRoutes: readonly Route[] = [list, audio, mark, remove]
