import { Type } from 'typebox'
import type { CallRecord } from '../../../core/call.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { transferCall } from './act-on-call.ts'
import { callIdSchema, callSchema, transferSchema } from './call-schema.ts'
import { callId } from './calls.ts'
import { renderCall } from './render-call.ts'

const base = '/v1/voice/calls/:call_id'
const tag = 'Calls'

const conflicts = {
  404: { says: 'Call not found' },
  409: { says: 'The call is not answered yet (call_not_answered) or is over (call_ended)' },
  502: { says: 'The phone refuses (call_failed); the call is as it was' },
}

const bodyOf = ({ recordingUrl }: Services, call: CallRecord) => renderCall(call, recordingUrl)

const holdSchema = Type.Object(
  {
    hold_url: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 2048 },
        description: 'A WAV that is heard in place of the usual music',
      }),
    ),
  },
  { additionalProperties: false, 'x-name': 'Hold', examples: [{}] },
)

const hold = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/hold`,
  params: callIdSchema,
  body: holdSchema,
  bodyIsOptional: true,
  operation: {
    id: 'holdCall',
    tag,
    summary: 'Hold a call',
    description:
      "The call's phone hears music and is not heard, until unhold. Holding what is held already is fine. The events call.held and call.resumed tell who did it: api, or remote for the phone's own hold key.",
    replies: { 200: { says: 'The phone is held', schema: callSchema }, ...conflicts },
  },
  async run({ account, params, body: { hold_url } }, services) {
    const call = await services.callCentre.holdCall(
      ...([account.id, callId(params.call_id), true] as const),
      ...(hold_url === undefined ? [] : [hold_url]),
    )
    return { status: 200, body: bodyOf(services, call) }
  },
})

const unhold = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/unhold`,
  params: callIdSchema,
  operation: {
    id: 'unholdCall',
    tag,
    summary: 'End the hold of a call',
    description: 'The two who talked talk again. A call that is not held stays as it is.',
    replies: { 200: { says: 'The phone is not held', schema: callSchema }, ...conflicts },
  },
  async run({ account, params }, services) {
    const call = await services.callCentre.holdCall(account.id, callId(params.call_id), false)
    return { status: 200, body: bodyOf(services, call) }
  },
})

const transfer = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/transfer`,
  params: callIdSchema,
  body: transferSchema,
  operation: {
    id: 'transferCall',
    tag,
    summary: 'Transfer a call',
    description:
      'Begins it, or with `action` ends an attended one. The events transfer.started, transfer.progress, and transfer.completed, transfer.canceled or transfer.failed (with sip_status) tell the rest. When the target does not answer, two who talked talk on. A call that ran a program leaves it at once, and is hung up when the target does not answer.',
    replies: {
      202: { says: 'The transfer has begun', schema: callSchema },
      ...conflicts,
      400: { says: 'Nobody can be called by that name or number' },
      403: { says: 'Not allowed to be called; or `refer` of a phone of another account' },
      409: {
        says: 'Not answered yet, over, in a transfer already (call_busy), for an attended one without anybody who could consult (not_bridged), or to be ended without one (no_transfer); or the device is away',
      },
    },
  },
  async run({ account, params, body }, services) {
    const id = callId(params.call_id)
    const call = await transferCall(services, account.id, id, body)
    return { status: 202, body: bodyOf(services, call) }
  },
})

export const callControlRoutes: readonly Route[] = [hold, unhold, transfer]
