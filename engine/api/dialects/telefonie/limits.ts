import { type Static, Type } from 'typebox'
import { limitsOf, setLimits } from '../../../app/directory/limits.ts'
import type { AccountLimits } from '../../../core/account-limits.ts'
import { type Route, route } from '../../dialect.ts'
import { nullable } from './nullable.ts'

const base = '/v1/voice/limits'
const tag = 'Limits'
const prefixes = (description: string) =>
  Type.Array(Type.String({ maxLength: 16 }), { maxItems: 500, description })

const fields = {
  max_calls: nullable(
    Type.Integer({ minimum: 0, maximum: 100_000, description: 'Made at once; null = no limit' }),
  ),
  max_calls_per_second: nullable(
    Type.Integer({ minimum: 1, maximum: 10_000, description: 'Begun within a second' }),
  ),
  allowed_prefixes: prefixes('Only numbers that begin with one of these are called; none = all'),
  denied_prefixes: prefixes('Numbers that begin with one of these are not called at all'),
  max_spend_per_hour: nullable(
    Type.Number({
      ...{ minimum: 0, maximum: 1_000_000, multipleOf: 0.01 },
      description:
        'What calls may cost in an hour by its rates; one under way counts for what it costs so far',
    }),
  ),
}
export const limitsSchema = Type.Object(fields, { 'x-name': 'Limits' })
export const newLimitsSchema = Type.Partial(Type.Object(fields), {
  ...{ additionalProperties: false, 'x-name': 'NewLimits' },
  examples: [{ max_calls: 20, denied_prefixes: ['+1900', '+882'], max_spend_per_hour: 50 }],
})
const reply = { 200: { says: 'The limits', schema: limitsSchema } }
const microPerUnit = 1_000_000

export const renderLimits = (limits: AccountLimits): Static<typeof limitsSchema> => ({
  max_calls: limits.maxCalls,
  max_calls_per_second: limits.maxCallsPerSecond,
  allowed_prefixes: [...limits.allowedPrefixes],
  denied_prefixes: [...limits.deniedPrefixes],
  max_spend_per_hour:
    limits.maxSpendPerHourMicro === null ? null : limits.maxSpendPerHourMicro / microPerUnit,
})

export function readLimits(given: Static<typeof newLimitsSchema>): AccountLimits {
  const spend = given.max_spend_per_hour ?? null
  return {
    maxCalls: given.max_calls ?? null,
    maxCallsPerSecond: given.max_calls_per_second ?? null,
    allowedPrefixes: given.allowed_prefixes ?? [],
    deniedPrefixes: given.denied_prefixes ?? [],
    maxSpendPerHourMicro: spend === null ? null : Math.round(spend * microPerUnit),
  }
}

const get = route({
  method: 'GET',
  path: base,
  operation: {
    ...{ id: 'getLimits', tag, summary: 'What the account may do at most' },
    replies: reply,
  },
  run: async ({ account }) => ({ status: 200, body: renderLimits(limitsOf(account)) }),
})

const put = route({
  method: 'PUT',
  path: base,
  body: newLimitsSchema,
  needs: 'operator',
  operation: {
    ...{ id: 'setLimits', tag, summary: 'Limit what the account may do' },
    description:
      'Of the operator’s own account: those of others are at /v1/voice/accounts/{account_id}/limits, and no account sets its own. What is not given is not limited. They hold for every call that is made: by the API, by a verb or by a phone. A call over a limit is refused: 429 limit_reached, or 403 target_not_allowed for a number; a phone gets 503 or 403.',
    replies: reply,
  },
  run: async ({ account, body }, { directory }) => ({
    status: 200,
    body: renderLimits(await setLimits(directory, account, readLimits(body))),
  }),
})

export const limitRoutes: readonly Route[] = [get, put]
