import { Type } from 'typebox'
import type { RouteExplanation, TrunkExplanation } from '../../../app/explain-route.ts'
import { type Route, route } from '../../dialect.ts'

const text = (description: string) => Type.String({ description })
const orNull = (type: ReturnType<typeof Type.String>) => Type.Union([type, Type.Null()])
const count = (description: string) => Type.Integer({ minimum: 0, description })
const limit = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])

const trunkSchema = Type.Object(
  {
    trunk_id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    enabled: Type.Boolean(),
    prefix_fits: Type.Boolean(),
    prefix: orNull(text('The longest prefix that fits; empty when the trunk takes all numbers')),
    priority: Type.Integer(),
    weight: Type.Integer(),
    cooling_down_s: count('It failed lately: tried last for so many more seconds'),
    is_down: Type.Boolean({ description: 'It does not answer pings: tried last' }),
    registration: orNull(text('trying, registered or failed; null where we do not register')),
    calls: count('On it now, in both directions'),
    max_calls: limit,
    max_calls_per_second: limit,
    limit_reached: Type.Union([Type.Enum(['calls', 'rate']), Type.Null()]),
    chosen: Type.Boolean({ description: 'It is the likeliest to be tried first' }),
    position: Type.Union([
      Type.Integer({ minimum: 1, description: '1 is tried first' }),
      Type.Null({ description: 'Not tried' }),
    ]),
    chance: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'How often it is tried first: its weight among its equals',
    }),
    caller_id: orNull(text('Who is shown as the caller there; without `from` as for a phone')),
    dialled: text('The number as the trunk is told it'),
    reason: Type.String(),
  },
  { 'x-name': 'TrunkExplanation' },
)

const explanationSchema = Type.Object(
  {
    to: Type.String(),
    goes_to: Type.Enum(['trunk', 'device', 'sip', 'nowhere']),
    trunk_id: orNull(Type.String({ format: 'uuid' })),
    error_code: orNull(text('What a call would be refused with now, e.g. no_route or trunk_busy')),
    reason: Type.String(),
    trunks: Type.Array(trunkSchema, {
      description:
        'All trunks, in the order in which they are tried; none where no trunk is needed',
    }),
  },
  { 'x-name': 'RouteExplanation' },
)

const explain = route({
  method: 'POST',
  forTestKeys: true,
  path: '/v1/voice/routes/explain',
  body: Type.Object(
    {
      to: Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'As in a call: E.164, a SIP URI or the name of a device',
      }),
      from: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: 'A number or device of yours' }),
      ),
    },
    {
      additionalProperties: false,
      'x-name': 'RouteQuestion',
      examples: [{ to: '+15005550140', from: '+15005550100' }],
    },
  ),
  operation: {
    id: 'explainRoute',
    tag: 'Trunks',
    summary: 'Which trunk a number would take, and why',
    description: 'Nobody is called.',
    replies: { 200: { says: 'Trunk by trunk', schema: explanationSchema } },
  },
  async run({ account, body }, { callCentre }) {
    return { status: 200, body: render(body.to, await callCentre.explainRoute(account, body)) }
  },
})

const render = (to: string, { goesTo, trunkId, failure, reason, trunks }: RouteExplanation) => ({
  to,
  goes_to: goesTo,
  trunk_id: trunkId,
  error_code: failure,
  reason,
  trunks: trunks.map((one) => renderTrunk(one, trunkId)),
})

const renderTrunk = (one: TrunkExplanation, chosen: RouteExplanation['trunkId']) => ({
  trunk_id: one.trunk.id,
  name: one.trunk.name,
  enabled: one.trunk.enabled,
  prefix_fits: one.prefix !== null,
  prefix: one.prefix,
  priority: one.trunk.priority,
  weight: one.trunk.weight,
  cooling_down_s: Math.ceil(one.coolingMs / 1_000),
  is_down: one.isDown,
  registration: one.registration,
  calls: one.calls,
  max_calls: one.trunk.maxCalls,
  max_calls_per_second: one.trunk.maxCallsPerSecond,
  limit_reached: one.limitReached,
  chosen: one.trunk.id === chosen,
  position: one.position,
  chance: one.chance,
  caller_id: one.callerId,
  dialled: one.dialled,
  reason: one.reason,
})

export const explainRoutes: readonly Route[] = [explain]
