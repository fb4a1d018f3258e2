import { type Static, Type } from 'typebox'
import type { TrunkWish } from '../../../app/directory/trunk-options.ts'
import type { TrunkRecord, TrunkStatus } from '../../../core/ports/sip.ts'
import { defaultTrunkOptions, optionsOf, type TrunkInbound } from '../../../core/trunk-options.ts'
import { codecsField, srtpField } from './device-options-schema.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

const rule = Type.Object(
  {
    match: Type.String({ maxLength: 16, description: 'What the number begins with' }),
    strip: Type.Integer({ minimum: 0, maximum: 16, default: 0, description: 'Characters to drop' }),
    prepend: Type.String({ maxLength: 16, default: '', description: 'What is put in front' }),
  },
  { additionalProperties: false, 'x-name': 'NumberRule' },
)
const rules = (description: string) => Type.Array(rule, { maxItems: 50, description })

const registration = Type.Object(
  {
    expires_s: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 86_400, default: 3600, description: 'Asked for' }),
    ),
    contact_user: Type.Optional(
      nullable(Type.String({ minLength: 1, maxLength: 64, description: 'Null = the user name' })),
    ),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'TrunkRegistration' },
    description: 'Registers there and stays registered; null = does not',
  },
)
const addresses = Type.Array(Type.String({ maxLength: 64 }), {
  maxItems: 100,
  description: 'Addresses and networks (CIDR) besides the host',
})
const username = Type.String({ minLength: 1, maxLength: 64 })
const inboundText = 'How calls from the trunk are known: by address, or by credentials of their own'

const numbers = Type.Object(
  {
    format: Type.Optional(
      Type.Enum(['plus-e164', 'e164', 'national'], {
        default: 'plus-e164',
        description: 'How numbers are written there: +61298765432, 61298765432 or 0298765432',
      }),
    ),
    country: Type.Optional(
      nullable(
        Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166; for national numbers' }),
      ),
    ),
    rules_out: Type.Optional(rules('The first that fits comes before the format')),
    rules_in: Type.Optional(rules('The same for numbers that come from the trunk')),
  },
  { additionalProperties: false, 'x-name': 'TrunkNumbers' },
)
const callerId = Type.Object(
  {
    allow: Type.Optional(
      Type.Enum(['owned', 'any'], {
        default: 'owned',
        description: 'Whose numbers may be shown: else default_caller_id, or the account’s default',
      }),
    ),
    privacy: Type.Optional(Type.Enum(['show', 'withhold'], { default: 'show' })),
  },
  { additionalProperties: false, 'x-name': 'TrunkCallerId' },
)

const common = {
  registration: nullable(registration),
  ping_interval_s: nullable(
    Type.Integer({ minimum: 5, maximum: 3600, description: 'OPTIONS so often; null = never' }),
  ),
  trusted: Type.Boolean({
    default: false,
    description: 'Is told who calls (P-Asserted-Identity), and believed when it tells',
  }),
  allow_transfer: Type.Boolean({
    default: false,
    description: 'Its side may transfer the other party (REFER), at the cost of the call’s account',
  }),
  caller_id: callerId,
  numbers,
  codecs: codecsField(defaultTrunkOptions.codecs),
  srtp: srtpField(defaultTrunkOptions.srtp, '`required` needs the transport `tls`.'),
  auth_realm: nullable(
    Type.String({
      ...{ minLength: 1, maxLength: 128 },
      description: 'username and password are for this realm alone; null = for any of the host',
    }),
  ),
}

/** As they are shown. */
export const trunkOptionFields = {
  ...common,
  inbound: Type.Union(
    [
      Type.Object({ by: Type.Literal('address'), addresses }),
      Type.Object({ by: Type.Literal('digest'), username }),
    ],
    { description: inboundText },
  ),
  status: Type.Object(
    {
      registration: nullable(Type.Enum(['trying', 'registered', 'failed'])),
      registered_until: nullable(Type.String({ format: 'date-time' })),
      last_error: nullable(Type.String({ description: 'Why the last REGISTER failed' })),
      reachable: nullable(Type.Boolean({ description: 'It answers pings; null = unknown' })),
      round_trip_ms: nullable(Type.Number({ description: 'Of the last ping' })),
    },
    { 'x-name': 'TrunkStatus' },
  ),
}

/** As they are given. */
export const givenOptionFields = {
  ...common,
  inbound: Type.Union(
    [
      Type.Object(
        { by: Type.Literal('address'), addresses: Type.Optional(addresses) },
        { additionalProperties: false },
      ),
      Type.Object(
        {
          by: Type.Literal('digest'),
          username,
          password: Type.String({
            minLength: 12,
            maxLength: 128,
            description: 'Never shown again',
          }),
        },
        { additionalProperties: false },
      ),
    ],
    { description: inboundText },
  ),
}
const givenSchema = Type.Partial(Type.Object(givenOptionFields))
type Given = Static<typeof givenSchema>

const defaults = defaultTrunkOptions

/** Only what was given; each of them whole. */
export function readOptions(given: Given): TrunkWish {
  const { registration, inbound, ping_interval_s, trusted, auth_realm, codecs, srtp } = given
  return {
    ...(registration !== undefined && { registration: readRegistration(registration) }),
    ...(inbound !== undefined && {
      inbound: inbound.by === 'digest' ? inbound : { addresses: [], ...inbound },
    }),
    ...(ping_interval_s !== undefined && { pingIntervalS: ping_interval_s }),
    ...(trusted !== undefined && { trusted }),
    ...(given.allow_transfer !== undefined && { allowTransfer: given.allow_transfer }),
    ...(auth_realm !== undefined && { realm: auth_realm }),
    ...(codecs !== undefined && { codecs }),
    ...(srtp !== undefined && { srtp }),
    ...(given.caller_id !== undefined && {
      callerId: { ...defaults.callerId, ...given.caller_id },
    }),
    ...(given.numbers !== undefined && { numbers: readNumbers(given.numbers) }),
  }
}

const readRegistration = (given: NonNullable<Given['registration']> | null) =>
  given && { expiresS: given.expires_s ?? 3600, contactUser: given.contact_user ?? null }

function readNumbers(given: NonNullable<Given['numbers']>) {
  const { rules_out = [], rules_in = [], ...rest } = given
  return { ...defaults.numbers, ...rest, rulesOut: rules_out, rulesIn: rules_in }
}

export function renderOptions(trunk: TrunkRecord, status: TrunkStatus) {
  const { registration, inbound, pingIntervalS, numbers, callerId, ...rest } = optionsOf(trunk)
  const { format, country, rulesOut, rulesIn } = numbers
  return {
    registration: registration && {
      expires_s: registration.expiresS,
      contact_user: registration.contactUser,
    },
    inbound: renderInbound(inbound),
    ping_interval_s: pingIntervalS,
    trusted: rest.trusted,
    allow_transfer: rest.allowTransfer,
    caller_id: callerId,
    numbers: { format, country, rules_out: rulesOut, rules_in: rulesIn },
    codecs: rest.codecs,
    srtp: rest.srtp,
    auth_realm: rest.realm,
    status: renderStatus(status),
  }
}

const renderInbound = (inbound: TrunkInbound) =>
  inbound.by === 'digest' ? { by: inbound.by, username: inbound.username } : inbound

function renderStatus({ registration, reachable, roundTripMs }: TrunkStatus) {
  const untilMs = registration?.untilMs ?? null
  return {
    registration: registration?.state ?? null,
    registered_until: untilMs === null ? null : isoTime(untilMs),
    last_error: registration?.lastError ?? null,
    reachable,
    round_trip_ms: roundTripMs === null ? null : Math.round(roundTripMs * 10) / 10,
  }
}
