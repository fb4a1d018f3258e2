import { type Static, Type } from 'typebox'
import type { ParkedCall } from '../../../app/actions/desk.ts'
import type { PickUpBy } from '../../../app/actions/pick-up.ts'
import { Failure } from '../../../core/failures.ts'
import { type Route, route } from '../../dialect.ts'
import type { RecordingUrl } from '../../services.ts'
import { parkSchema, pickUpSchema } from './action-schema.ts'
import { callIdSchema, callSchema } from './call-schema.ts'
import { callId } from './calls.ts'
import { renderCall } from './render-call.ts'
import { isoTime } from './values.ts'

const tag = 'Live actions'

const parkedSchema = Type.Object(
  {
    slot: Type.String(),
    call: callSchema,
    parked_at: Type.String({ format: 'date-time' }),
    expires_at: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'ParkedCall' },
)
const parkedListSchema = Type.Object(
  { parked: Type.Array(parkedSchema) },
  { 'x-name': 'ParkedCallList' },
)

const renderParked = (
  { slot, call, parkedAtMs, expiresAtMs }: ParkedCall,
  recordingUrl: RecordingUrl,
) => ({
  slot,
  call: renderCall(call, recordingUrl),
  parked_at: isoTime(parkedAtMs),
  expires_at: isoTime(expiresAtMs),
})

const park = route({
  method: 'POST',
  path: '/v1/voice/calls/:call_id/park',
  params: callIdSchema,
  body: parkSchema,
  bodyIsOptional: true,
  operation: {
    id: 'parkCall',
    tag,
    summary: 'Park a call',
    description:
      'Puts it on a slot of the account, out of whatever it does, where it hears music until somebody picks it up, by the API or the verb `pickup`. Whoever it talked to goes on as after the end of their talk. Events park.started, and park.ended with its reason: picked_up, timeout, moved or hung_up.',
    replies: {
      200: { says: 'It is parked', schema: parkedSchema },
      404: { says: 'Call not found' },
      409: {
        says: 'Not answered, over, being transferred (call_busy), or there is a call on that slot (already_exists)',
      },
      429: { says: 'On every slot there is a call (limit_reached)' },
    },
  },
  async run({ account, params, body }, { actions, recordingUrl }) {
    const { slot, timeout, timeout_url, music_url } = body
    const parked = await actions.park(account.id, callId(params.call_id), {
      ...(slot !== undefined && { slot }),
      ...(timeout !== undefined && { timeoutMs: Math.round(timeout * 1000) }),
      ...(timeout_url !== undefined && { timeoutUrl: timeout_url }),
      ...(music_url !== undefined && { musicUrl: music_url }),
    })
    return { status: 200, body: renderParked(parked, recordingUrl) }
  },
})

const list = route({
  method: 'GET',
  path: '/v1/voice/parked',
  operation: {
    id: 'listParkedCalls',
    tag,
    summary: 'List parked calls',
    description: 'In the order in which they were parked.',
    replies: { 200: { says: 'Calls and their slots', schema: parkedListSchema } },
  },
  async run({ account }, { actions, recordingUrl }) {
    const parked = actions.parked(account.id).map((one) => renderParked(one, recordingUrl))
    return { status: 200, body: { parked } }
  },
})

const pickUpReplies = {
  200: { says: 'The call that gets it, or is called for it', schema: callSchema },
  400: { says: 'Neither call_id nor to, or both; nobody can be called by that name' },
  404: { says: 'No call is parked there, or no such call_id' },
  409: { says: 'The call that is to get it is not answered, over, or being transferred' },
}
const pickUpText =
  'By a call of yours that is up, which leaves what it does, or by somebody who is called for it and gets it when he answers, unless another one was faster: then he is hung up.'

/** Failures `missing_parameter`, `invalid_request`. */
function pickUpBy({ call_id, to }: Static<typeof pickUpSchema>): PickUpBy {
  if (call_id !== undefined && to !== undefined) {
    throw new Failure('invalid_request', 'Give call_id or to, not both', 'to')
  }
  if (call_id !== undefined) return { callId: callId(call_id) }
  if (to !== undefined) return { to }
  throw new Failure('missing_parameter', 'Give call_id or to', 'to')
}

const pickUpCall = route({
  method: 'POST',
  path: '/v1/voice/calls/:call_id/pickup',
  params: callIdSchema,
  body: pickUpSchema,
  operation: {
    id: 'pickUpCall',
    tag,
    summary: 'Pick up a parked call',
    description: pickUpText,
    replies: pickUpReplies,
  },
  async run({ account, params, body }, { actions, recordingUrl }) {
    const parked = { callId: callId(params.call_id) }
    const call = await actions.pickUp(account, parked, pickUpBy(body))
    return { status: 200, body: renderCall(call, recordingUrl) }
  },
})

const pickUpSlot = route({
  method: 'POST',
  path: '/v1/voice/parked/:slot/pickup',
  params: Type.Object({ slot: Type.String() }),
  body: pickUpSchema,
  operation: {
    id: 'pickUpSlot',
    tag,
    summary: 'Pick up the call that is parked on a slot',
    description: pickUpText,
    replies: pickUpReplies,
  },
  async run({ account, params, body }, { actions, recordingUrl }) {
    const call = await actions.pickUp(account, { slot: params.slot }, pickUpBy(body))
    return { status: 200, body: renderCall(call, recordingUrl) }
  },
})

export const callParkingRoutes: readonly Route[] = [park, list, pickUpCall, pickUpSlot]
