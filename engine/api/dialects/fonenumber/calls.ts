import { Type } from 'typebox'
import { callStatuses } from '../../../core/call.ts'
import { callIdIn, type Reply, type Route, route } from '../../dialect.ts'
import type { EmergencyCodes } from './dialling.ts'
import { renderError, statusOf } from './error.ts'
import { refusalOf, renderCall } from './outcome.ts'
import { callSchema, readCall } from './read-call.ts'

const madeSchema = Type.Object(
  {
    call: Type.Object({
      id: Type.String({ format: 'uuid', description: 'The same call at /v1/voice/calls/{id}' }),
      fonenumber: Type.String({ description: 'E.164' }),
      to: Type.String({ description: 'E.164, or the name of a device' }),
      status: Type.Enum([...callStatuses]),
      answered_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    }),
  },
  { 'x-name': 'FoneNumberCallMade' },
)

export const callRoute = (path: string, emergency: EmergencyCodes): Route =>
  route({
    method: 'POST',
    forTestKeys: true,
    makesCall: true,
    path,
    body: callSchema,
    operation: {
      id: 'sendCall',
      tag: 'FoneNumber',
      summary: 'Call somebody from a number of the account and connect them to a service',
      description:
        'The answer comes when the person called has picked up, after 60 seconds of ringing at most; the service is connected only then. A client that does not want to wait says `Prefer: respond-async`. The call goes on when the client has gone. Emergency numbers are refused with `target_not_allowed`.',
      replies: {
        200: { says: 'The person called has answered', schema: madeSchema },
        202: { says: 'The phone is being rung (`Prefer: respond-async`)', schema: madeSchema },
        402: { says: 'The balance does not cover the first minute; nobody is called' },
      },
    },
    async run({ account, body, prefersAsync, requestId, idempotency }, services): Promise<Reply> {
      const { callCentre } = services
      const wanted = await readCall(body, account, services, emergency)
      const placed = await callCentre.placeCall(account, { ...wanted, ...callIdIn(idempotency) })
      if (prefersAsync) {
        const headers = { 'preference-applied': 'respond-async' }
        return { status: 202, headers, body: { call: renderCall(placed) } }
      }
      const call = await callCentre.untilAnswered(account.id, placed.id)
      const refusal = refusalOf(call)
      if (refusal === undefined) return { status: 200, body: { call: renderCall(call) } }
      const error = { ...renderError(refusal, requestId), call: { id: call.id } }
      return { status: statusOf(refusal), body: error }
    },
  })
