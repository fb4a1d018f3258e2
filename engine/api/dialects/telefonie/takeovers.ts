import { Type } from 'typebox'
import { deviceNamed } from '../../../app/directory/devices.ts'
import type { CallId } from '../../../core/ids.ts'
import { type Route, route } from '../../dialect.ts'
import { deviceParams } from './device-tokens.ts'

const askSchema = Type.Object(
  { call_id: Type.String({ format: 'uuid', description: 'A call of this device that is up' }) },
  {
    additionalProperties: false,
    'x-name': 'NewTakeover',
    examples: [{ call_id: '3f0c1f0e-6f0f-4a6b-9d57-0f3c6c1f5a10' }],
  },
)
const takeoverSchema = Type.Object(
  {
    token: Type.String({ description: 'Good for one INVITE, and only of this device' }),
    expires_at: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'Takeover' },
)

const permit = route({
  method: 'POST',
  path: '/v1/voice/devices/:device_id/takeovers',
  params: deviceParams,
  body: askSchema,
  ofDevice: { param: 'device_id' },
  operation: {
    id: 'createTakeover',
    tag: 'Devices',
    summary: 'Get a token with which a device goes on with its call elsewhere',
    description:
      'For a page that was loaded anew, another tab, or another machine of the same device. The device sends an INVITE with the header `X-Ringdown-Takeover: <token>` (in the SDK `device.takeOver(token)`) within 30 seconds; the call goes on there, and the phone that had it is hung up. Whoever the call talked to hears music while its browser is gone (`call.parked`), for `RINGDOWN_PARK_S` seconds.',
    replies: {
      201: { says: 'The token', schema: takeoverSchema },
      403: { says: 'The token is of another device' },
      404: { says: 'There is no such device, or it has no such call' },
      409: { says: 'The call is not answered, or is over' },
    },
  },
  async run({ account, params, body }, { callCentre, directory }) {
    const { username } = await deviceNamed(directory, account.id, params.device_id)
    const { id } = await callCentre.getCall(account.id, body.call_id as CallId)
    const { token, expiresAtMs } = callCentre.permitTakeover(account.id, username, id)
    return { status: 201, body: { token, expires_at: new Date(expiresAtMs).toISOString() } }
  },
})

export const takeoverRoutes: readonly Route[] = [permit]
