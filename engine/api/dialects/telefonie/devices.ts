import { type TSchema, Type } from 'typebox'
import {
  changeDevice,
  createDevice,
  deviceNamed,
  listDevices,
  removeDevice,
  renewPassword,
} from '../../../app/directory/devices.ts'
import { isCallable, type RegisteredContact } from '../../../core/ports/registrations.ts'
import type { DeviceRecord } from '../../../core/ports/store.ts'
import { withoutSipSecrets } from '../../../core/sip-secrets.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import {
  deviceChangeSchema,
  deviceOptionFields,
  givenDeviceOptions,
  readDeviceOptions,
  renderDeviceOptions,
} from './device-options-schema.ts'
import { isoTime } from './values.ts'

const base = '/v1/voice/devices'
const tag = 'Devices'

const fields = {
  id: Type.String({ format: 'uuid' }),
  username: Type.String(),
  name: Type.String(),
  registered: Type.Boolean(),
  contacts: Type.Array(
    Type.Object({
      uri: Type.String(),
      source: Type.String({ description: 'protocol/address:port' }),
      transport: Type.Enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
      user_agent: Type.Union([Type.String(), Type.Null()]),
      registered_at: Type.String({ format: 'date-time' }),
      expires_at: Type.String({ format: 'date-time' }),
      q: Type.Number({ description: '0 to 1; those with more are called first' }),
      status: Type.Enum(['unknown', 'reachable', 'unreachable', 'gone'], {
        description:
          'Whether it answers OPTIONS; `gone` when the connection on which it registered is closed',
      }),
      round_trip_ms: Type.Union([Type.Number(), Type.Null()], {
        description: 'Of the last OPTIONS that was answered',
      }),
    }),
  ),
  ...deviceOptionFields,
  date_created: Type.String({ format: 'date-time' }),
}
const deviceSchema = Type.Object(fields, { 'x-name': 'Device' })
const newDeviceSchema = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 64, description: 'SIP user name' }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    password: Type.Optional(
      Type.String({ minLength: 12, maxLength: 128, description: 'Made for you when absent' }),
    ),
    ...givenDeviceOptions,
  },
  {
    ...{ additionalProperties: false, 'x-name': 'NewDevice' },
    examples: [{ username: 'desk', name: 'Front desk' }],
  },
)
const createdSchema = Type.Object(
  { ...fields, password: Type.String(), realm: Type.String() },
  { 'x-name': 'CreatedDevice' },
)
const passwordSchema = Type.Object(
  {
    password: Type.Optional(
      Type.String({ minLength: 12, maxLength: 128, description: 'Made for you when absent' }),
    ),
  },
  { additionalProperties: false, 'x-name': 'NewPassword', examples: [{}] },
)
const idSchema = Type.Object({
  device_id: Type.String({ description: 'Its id, or its user name' }),
})
const listSchema: TSchema = Type.Object({ devices: Type.Array(deviceSchema) })

const renderContact = (contact: RegisteredContact) => ({
  uri: withoutSipSecrets(contact.uri),
  source: contact.source,
  transport: contact.source.split('/')[0]?.toLowerCase(),
  user_agent: contact.userAgent,
  registered_at: isoTime(contact.registeredAtMs),
  expires_at: isoTime(contact.expiresAtMs),
  q: contact.q,
  status: contact.reachability,
  round_trip_ms: contact.roundTripMs,
})

function render(device: DeviceRecord, { registeredContacts }: Services) {
  const contacts = registeredContacts(device.id)
  return {
    id: device.id,
    username: device.username,
    name: device.name,
    registered: contacts.some(isCallable),
    contacts: contacts.map(renderContact),
    ...renderDeviceOptions(device),
    date_created: isoTime(device.createdAtMs),
  }
}

const create = route({
  method: 'POST',
  needs: 'manage',
  path: base,
  body: newDeviceSchema,
  operation: {
    id: 'createDevice',
    tag,
    summary: 'Create a login for a SIP phone',
    description: 'The password is in this answer and can not be had again.',
    replies: { 201: { says: 'Device created', schema: createdSchema } },
  },
  async run({ account, body }, services) {
    const { directory } = services
    const { device, password } = await createDevice(directory, account.id, readDeviceOptions(body))
    return {
      status: 201,
      headers: { location: `${base}/${device.id}` },
      body: { ...render(device, services), password, realm: directory.realm },
    }
  },
})

const list = route({
  method: 'GET',
  path: base,
  operation: {
    id: 'listDevices',
    tag,
    summary: 'List devices and where they are registered',
    replies: { 200: { says: 'List of devices', schema: listSchema } },
  },
  async run({ account }, services) {
    const devices = await listDevices(services.directory, account.id)
    return { status: 200, body: { devices: devices.map((device) => render(device, services)) } }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:device_id`,
  params: idSchema,
  operation: {
    id: 'getDevice',
    tag,
    summary: 'Get a device',
    replies: { 200: { says: 'The device', schema: deviceSchema } },
  },
  async run({ account, params }, services) {
    const device = await deviceNamed(services.directory, account.id, params.device_id)
    return { status: 200, body: render(device, services) }
  },
})

const change = route({
  method: 'PATCH',
  needs: 'manage',
  path: `${base}/:device_id`,
  params: idSchema,
  body: deviceChangeSchema,
  operation: {
    id: 'patchDevice',
    tag,
    summary: 'Change what audio a device may have, and where calls go that it does not take',
    description: 'The rest stays. It counts for calls that begin after that.',
    replies: { 200: { says: 'The device', schema: deviceSchema } },
  },
  async run({ account, params, body }, services) {
    const device = await changeDevice(
      services.directory,
      account.id,
      params.device_id,
      readDeviceOptions(body),
    )
    return { status: 200, body: render(device, services) }
  },
})

const remove = route({
  method: 'DELETE',
  needs: 'manage',
  path: `${base}/:device_id`,
  params: idSchema,
  operation: {
    id: 'deleteDevice',
    tag,
    summary: 'Delete a device',
    replies: { 204: { says: 'Device deleted' } },
  },
  async run({ account, params }, { directory }) {
    await removeDevice(directory, account.id, params.device_id)
    return { status: 204 }
  },
})

const renew = route({
  method: 'POST',
  needs: 'manage',
  path: `${base}/:device_id/password`,
  params: idSchema,
  body: passwordSchema,
  operation: {
    id: 'renewDevicePassword',
    tag,
    summary: 'Give a device another password',
    description:
      'It is in this answer and can not be had again. The device has to register anew with it; calls that are up stay.',
    replies: { 200: { says: 'The device and its password', schema: createdSchema } },
  },
  async run({ account, params, body }, services) {
    const { directory } = services
    const renewed = await renewPassword(directory, account.id, params.device_id, body.password)
    const { device, password } = renewed
    return { status: 200, body: { ...render(device, services), password, realm: directory.realm } }
  },
})

export const deviceRoutes: readonly Route[] = [list, create, get, change, remove, renew]
