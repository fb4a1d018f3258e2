import { type Static, Type } from 'typebox'
import { listDevices } from '../../../app/directory/devices.ts'
import {
  createSpeedDial,
  getSpeedDial,
  listSpeedDials,
  removeSpeedDial,
  updateSpeedDial,
} from '../../../app/directory/speed-dials.ts'
import { Failure } from '../../../core/failures.ts'
import type { AccountId } from '../../../core/ids.ts'
import type { SpeedDialRecord, SpeedDialTarget } from '../../../core/ports/store.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { deviceBy, renderDeviceId } from './device-id.ts'
import { type EmergencyCodes, readNumber, readSpeedDialCode } from './dialling.ts'
import { digits, serviceType } from './schema.ts'
import { readKind } from './service.ts'

const path = '/v2/speeddials'
const tag = 'FoneNumber'
const code = digits('1 to 6 digits, unique in the account')
const service = {
  service_type: serviceType('Device, Phonenumber or Forward'),
  service_id: digits('The id of the device, or the telephone number'),
}
const label = Type.String({ description: 'A name for people, up to 100 characters' })

const newSchema = Type.Object(
  { speed_dial: code, label: Type.Optional(label), ...service },
  {
    'x-name': 'NewSpeedDial',
    examples: [
      {
        ...{ speed_dial: '101', label: 'Echo' },
        ...{ service_type: 'Phonenumber', service_id: '5005550140' },
      },
    ],
  },
)
const changeSchema = Type.Partial(Type.Object({ speed_dial: code, label, ...service }), {
  'x-name': 'SpeedDialChange',
  examples: [{ label: 'Front desk' }],
})
const speedDialSchema = Type.Object(
  {
    speed_dial: Type.String(),
    label: Type.String(),
    service_type: Type.Enum(['Device', 'Phonenumber']),
    service_id: Type.String(),
    type: Type.Literal('manual'),
    active: Type.Literal('yes'),
  },
  { 'x-name': 'SpeedDial' },
)
const oneSchema = Type.Object({ speedDial: speedDialSchema })
const listSchema = Type.Object({ speedDials: Type.Array(speedDialSchema) })
const paramsSchema = Type.Object({ speed_dial: Type.String() })

const render = ({ code: speed_dial, label, target }: SpeedDialRecord) => ({
  speed_dial,
  label,
  ...(target.kind === 'device'
    ? { service_type: 'Device', service_id: renderDeviceId(target.deviceId) }
    : { service_type: 'Phonenumber', service_id: target.number }),
  type: 'manual',
  active: 'yes',
})

async function targetOf(
  type: string,
  id: string,
  accountId: AccountId,
  { directory }: Services,
): Promise<SpeedDialTarget> {
  const kind = readKind(type)
  switch (kind) {
    case 'device': {
      const { id: deviceId } = deviceBy(id, await listDevices(directory, accountId), 'service_id')
      return { kind, deviceId }
    }
    case 'number':
      return { kind, number: readNumber(id, 'service_id') }
    default: {
      const message = 'A speed dial leads to a Device or a Phonenumber'
      throw new Failure('invalid_request', message, 'service_type')
    }
  }
}

const createRoute = (emergency: EmergencyCodes) =>
  route({
    method: 'POST',
    needs: 'manage',
    path,
    body: newSchema,
    operation: {
      id: 'createSpeedDial',
      tag,
      summary: 'Give a number or a device a short number',
      replies: { 201: { says: 'The speed dial', schema: oneSchema } },
    },
    async run({ account, body }, services) {
      const speedDial = await createSpeedDial(services.directory, account.id, {
        code: readSpeedDialCode(String(body.speed_dial), 'speed_dial', emergency),
        label: body.label ?? '',
        target: await targetOf(body.service_type, String(body.service_id), account.id, services),
      })
      const headers = { location: `${path}/${speedDial.code}` }
      return { status: 201, headers, body: { speedDial: render(speedDial) } }
    },
  })

const list = route({
  method: 'GET',
  path,
  operation: {
    id: 'getSpeedDials',
    tag,
    summary: 'List the speed dials of the account',
    replies: { 200: { says: 'The speed dials', schema: listSchema } },
  },
  async run({ account }, { directory }) {
    const speedDials = await listSpeedDials(directory, account.id)
    return { status: 200, body: { speedDials: speedDials.map(render) } }
  },
})

const get = route({
  method: 'GET',
  path: `${path}/:speed_dial`,
  params: paramsSchema,
  operation: {
    id: 'getSpeedDial',
    tag,
    summary: 'Get a speed dial',
    replies: { 200: { says: 'The speed dial', schema: oneSchema } },
  },
  async run({ account, params }, { directory }) {
    const speedDial = await getSpeedDial(directory, account.id, params.speed_dial)
    return { status: 200, body: { speedDial: render(speedDial) } }
  },
})

const update = route({
  method: 'PUT',
  needs: 'manage',
  path: `${path}/:speed_dial`,
  params: paramsSchema,
  body: changeSchema,
  operation: {
    id: 'updateSpeedDial',
    tag,
    summary: 'Change a speed dial',
    description:
      'What is not given stays. `service_type` and `service_id` are given together; `speed_dial` can not be changed.',
    replies: { 200: { says: 'The speed dial', schema: oneSchema } },
  },
  async run({ account, params, body }, services) {
    const target = await changedTarget(body, account.id, services)
    checkSameCode(params.speed_dial, body.speed_dial)
    const changes = {
      ...(body.label !== undefined && { label: body.label }),
      ...(target !== undefined && { target }),
    }
    const { directory } = services
    const speedDial = await updateSpeedDial(directory, account.id, params.speed_dial, changes)
    return { status: 200, body: { speedDial: render(speedDial) } }
  },
})

function checkSameCode(inPath: string, inBody: string | number | undefined): void {
  if (inBody === undefined || String(inBody).trim() === inPath) return
  const message = 'speed_dial can not be changed: delete this one and create another'
  throw new Failure('invalid_request', message, 'speed_dial')
}

async function changedTarget(
  { service_type: type, service_id: id }: Static<typeof changeSchema>,
  accountId: AccountId,
  services: Services,
): Promise<SpeedDialTarget | undefined> {
  if (type === undefined && id === undefined) return undefined
  if (type !== undefined && id !== undefined) {
    return targetOf(type, String(id), accountId, services)
  }
  const [field, other] =
    type === undefined ? ['service_type', 'service_id'] : ['service_id', 'service_type']
  throw new Failure('missing_parameter', `${field} is required together with ${other}`, field)
}

const remove = route({
  method: 'DELETE',
  needs: 'manage',
  path: `${path}/:speed_dial`,
  params: paramsSchema,
  operation: {
    id: 'deleteSpeedDial',
    tag,
    summary: 'Delete a speed dial',
    replies: { 200: { says: 'What it was', schema: oneSchema } },
  },
  async run({ account, params }, { directory }) {
    const speedDial = await removeSpeedDial(directory, account.id, params.speed_dial)
    return { status: 200, body: { speedDial: render(speedDial) } }
  },
})

export const speedDialRoutes = (emergency: EmergencyCodes): readonly Route[] => [
  ...[list, createRoute(emergency), get, update, remove],
]
