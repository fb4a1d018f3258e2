import { Type } from 'typebox'
import { listDevices } from '../../../app/directory/devices.ts'
import { listSpeedDials } from '../../../app/directory/speed-dials.ts'
import { isCallable } from '../../../core/ports/registrations.ts'
import { route } from '../../dialect.ts'
import { renderDeviceId } from './device-id.ts'

const deviceSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[1-9][0-9]{11}$', description: 'The `service_id` of a Device' }),
    name: Type.String(),
    username: Type.String({ description: 'SIP user name' }),
    registered: Type.Boolean({ description: 'Whether it can be called now' }),
    speed_dial: Type.String({ description: 'The first that leads to it; empty when none does' }),
  },
  { 'x-name': 'FoneNumberDevice' },
)

export const devices = route({
  method: 'GET',
  path: '/v2/devices',
  operation: {
    id: 'getDevices',
    tag: 'FoneNumber',
    summary: 'List the devices of the account',
    replies: {
      200: { says: 'The devices', schema: Type.Object({ devices: Type.Array(deviceSchema) }) },
    },
  },
  async run({ account }, { directory, registeredContacts }) {
    const speedDials = await listSpeedDials(directory, account.id)
    const codeOf = new Map<string, string>()
    for (const { code, target } of speedDials.toReversed()) {
      if (target.kind === 'device') codeOf.set(target.deviceId, code)
    }
    const found = (await listDevices(directory, account.id)).map(({ id, name, username }) => ({
      id: renderDeviceId(id),
      name,
      username,
      registered: registeredContacts(id).some(isCallable),
      speed_dial: codeOf.get(id) ?? '',
    }))
    return { status: 200, body: { devices: found } }
  },
})
