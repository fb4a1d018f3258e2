import { Type } from 'typebox'
import { listDevices } from '../../../app/directory/devices.ts'
import { listBoxes } from '../../../app/directory/voicemail-boxes.ts'
import { route } from '../../dialect.ts'
import { renderDeviceId } from './device-id.ts'

const voicemailSchema = Type.Object(
  {
    id: Type.String({ pattern: '^VM[0-9]{10}$', description: 'The `service_id` of a VoiceMail' }),
    name: Type.String(),
    label: Type.String({ description: 'The same as name' }),
    email: Type.String({ description: 'Is written to when a message was left; empty: nobody' }),
    devices: Type.Array(Type.String(), { description: 'Ids of the devices whose box it is' }),
    new_messages: Type.Integer(),
    saved_messages: Type.Integer(),
  },
  { 'x-name': 'FoneNumberVoicemail' },
)

export const voicemails = route({
  method: 'GET',
  path: '/v2/voicemails',
  operation: {
    id: 'getVoicemails',
    tag: 'FoneNumber',
    summary: 'List the voicemail boxes of the account',
    replies: {
      200: { says: 'The boxes', schema: Type.Object({ voicemails: Type.Array(voicemailSchema) }) },
    },
  },
  async run({ account }, { directory }) {
    const known = new Set((await listDevices(directory, account.id)).map(({ id }) => id))
    const boxes = await listBoxes(directory, account.id)
    const found = boxes.map(({ box: { id, options, devices }, counts }) => ({
      ...{ id, name: options.name, label: options.name, email: options.email ?? '' },
      devices: devices.filter((device) => known.has(device)).map(renderDeviceId),
      ...{ new_messages: counts.new, saved_messages: counts.old },
    }))
    return { status: 200, body: { voicemails: found } }
  },
})
