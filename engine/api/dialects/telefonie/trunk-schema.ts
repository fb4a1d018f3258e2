import { type Static, Type } from 'typebox'
import type { TrunkWish } from '../../../app/directory/trunk-options.ts'
import type { TrunkRecord, TrunkStatus } from '../../../core/ports/sip.ts'
import { nullable } from './nullable.ts'
import {
  givenOptionFields,
  readOptions,
  renderOptions,
  trunkOptionFields,
} from './trunk-options-schema.ts'

const fields = {
  name: Type.String({ minLength: 1, maxLength: 100 }),
  host: Type.String({ minLength: 1, maxLength: 253, description: 'Host name or IP address' }),
  port: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    description:
      'Default for an IP address 5060, for tls 5061; for a name 0: DNS says (NAPTR, SRV, else the usual port)',
  }),
  transport: Type.Enum(['udp', 'tcp', 'tls'], { default: 'udp' }),
  username: nullable(
    Type.String({ minLength: 1, maxLength: 128, description: 'For digest authentication' }),
  ),
  prefixes: Type.Array(Type.String({ maxLength: 16 }), {
    maxItems: 100,
    description: 'Takes only numbers that begin with one of these, e.g. +61; none = all',
  }),
  priority: Type.Integer({
    minimum: 0,
    maximum: 1000,
    default: 10,
    description:
      'Among trunks that fit equally well the lowest is tried first, the others when that one fails',
  }),
  weight: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'The share of the calls among trunks of one priority',
  }),
  max_calls: nullable(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description:
        'Calls at once, in both directions; when it is reached calls are made by another trunk, or refused (trunk_busy); null = no limit',
    }),
  ),
  max_calls_per_second: nullable(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description: 'Calls made within a second, limited in the same way; null = no limit',
    }),
  ),
  enabled: Type.Boolean({ default: true }),
  default_caller_id: nullable(Type.String({ maxLength: 32, description: 'E.164' })),
}
const given = { ...fields, ...givenOptionFields }
const password = nullable(
  Type.String({ minLength: 1, maxLength: 128, description: 'Never shown again' }),
)
const { name, host, ...others } = { ...given, password }

export const trunkSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    ...fields,
    has_password: Type.Boolean(),
    ...trunkOptionFields,
  },
  { 'x-name': 'Trunk' },
)
export const newTrunkSchema = Type.Object(
  { name, host, ...Type.Partial(Type.Object(others)).properties },
  {
    ...{ additionalProperties: false, 'x-name': 'NewTrunk' },
    examples: [
      {
        ...{ name: 'carrier', host: '192.0.2.10', username: 'me', password: 'secret' },
        prefixes: ['+61'],
      },
    ],
  },
)
export const trunkChangeSchema = Type.Object(
  { ...Type.Partial(Type.Object({ name, host, ...others })).properties },
  {
    ...{ additionalProperties: false, minProperties: 1, 'x-name': 'TrunkUpdate' },
    examples: [{ enabled: false }],
  },
)

type Given = Static<typeof trunkChangeSchema>

/** Only what was given. */
export function readTrunk(given: Given): TrunkWish {
  const { default_caller_id, max_calls, max_calls_per_second } = given
  const { name, host, port, transport, username, password, prefixes } = given
  const { priority, weight, enabled } = given
  return {
    ...said({ name, host, port, transport, username, password, prefixes }),
    ...said({ priority, weight, enabled }),
    ...readOptions(given),
    ...(default_caller_id !== undefined && { defaultCallerId: default_caller_id }),
    ...(max_calls !== undefined && { maxCalls: max_calls }),
    ...(max_calls_per_second !== undefined && { maxCallsPerSecond: max_calls_per_second }),
  }
}

/** Without the fields that are undefined. */
const said = <T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

/** Everything but the password. */
export const renderTrunk = (trunk: TrunkRecord, status: TrunkStatus) => ({
  id: trunk.id,
  name: trunk.name,
  host: trunk.host,
  port: trunk.port,
  transport: trunk.transport,
  username: trunk.username,
  has_password: trunk.password !== null,
  prefixes: trunk.prefixes,
  priority: trunk.priority,
  weight: trunk.weight,
  max_calls: trunk.maxCalls,
  max_calls_per_second: trunk.maxCallsPerSecond,
  enabled: trunk.enabled,
  default_caller_id: trunk.defaultCallerId,
  ...renderOptions(trunk, status),
})
