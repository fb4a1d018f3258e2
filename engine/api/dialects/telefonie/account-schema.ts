import { type Static, Type } from 'typebox'
import { type AccountRecord, listenNotices } from '../../../core/ports/store.ts'
import { scopes } from '../../../core/scopes.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

const name = Type.String({ minLength: 1, maxLength: 100 })
const defaultNumber = nullable(
  Type.String({ description: 'Caller ID of calls that name none: a number of the account' }),
)
const recordTriggerCalls = Type.Boolean({ description: 'Record the conversation of trigger calls' })
const requestsPerSecond = nullable(
  Type.Integer({
    ...{ minimum: 1, maximum: 100_000 },
    description: 'Null: as many as the operator gives everybody',
  }),
)

const listenNotice = Type.Enum(['none', ...listenNotices], {
  description:
    'How both who talk are told that a supervisor listens in: by a tone, by words, or only where he wishes it',
})

export const accountSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name,
    status: Type.Enum(['active', 'suspended', 'closed']),
    operator: Type.Boolean({ description: 'The account that runs the installation' }),
    default_number: defaultNumber,
    record_trigger_calls: recordTriggerCalls,
    listen_notice: listenNotice,
    requests_per_second: requestsPerSecond,
    date_created: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'Account' },
)

/** With what the key that asks may. */
export const ownAccountSchema = Type.Object(
  {
    ...accountSchema.properties,
    key: Type.Object(
      {
        scopes: Type.Array(Type.Enum(scopes), { description: 'All that it may, one by one' }),
        test: Type.Boolean({ description: 'It makes calls to the lab alone' }),
      },
      { description: 'The key that asks' },
    ),
  },
  { 'x-name': 'OwnAccount' },
)

export const ownAccountChangeSchema = Type.Partial(
  Type.Object({
    name,
    default_number: defaultNumber,
    record_trigger_calls: recordTriggerCalls,
    listen_notice: listenNotice,
  }),
  {
    ...{ additionalProperties: false, minProperties: 1, 'x-name': 'AccountChange' },
    examples: [{ name: 'Harbour Realty', default_number: '+15005550100' }],
  },
)

export const accountChangeSchema = Type.Partial(
  Type.Object({
    name,
    default_number: defaultNumber,
    record_trigger_calls: recordTriggerCalls,
    listen_notice: listenNotice,
    requests_per_second: requestsPerSecond,
    status: Type.Enum(['active', 'suspended'], {
      description: 'A suspended account is refused everything (403), and has no new calls',
    }),
  }),
  {
    ...{ additionalProperties: false, minProperties: 1, 'x-name': 'AccountChangeByOperator' },
    examples: [{ status: 'suspended' }],
  },
)

export const newAccountSchema = Type.Object(
  {
    name,
    record_trigger_calls: Type.Optional(recordTriggerCalls),
    requests_per_second: Type.Optional(requestsPerSecond),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'NewAccount' },
    examples: [{ name: 'Harbour Realty' }],
  },
)

export const renderAccount = (account: AccountRecord) => ({
  id: account.id,
  name: account.name,
  status: account.status ?? 'active',
  operator: account.isOperator ?? false,
  default_number: account.defaultNumber,
  record_trigger_calls: account.recordTriggerCalls,
  listen_notice: account.listenNotice ?? 'none',
  requests_per_second: account.requestsPerSecond ?? null,
  date_created: isoTime(account.createdAtMs),
})

/** What both changes have. */
export const readAccountChange = (body: Static<typeof ownAccountChangeSchema>) => ({
  name: body.name,
  defaultNumber: body.default_number,
  recordTriggerCalls: body.record_trigger_calls,
  listenNotice: body.listen_notice,
})
