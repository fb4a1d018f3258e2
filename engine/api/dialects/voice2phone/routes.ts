import { Failure } from '../../../core/failures.ts'
import { type CallId, isUuid } from '../../../core/ids.ts'
import type { Account } from '../../../core/ports/store.ts'
import { callIdIn, type Route, route } from '../../dialect.ts'
import { readCall } from './read-call.ts'
import { renderStatus } from './render.ts'
import { callIdSchema, callStatusSchema, madeSchema, newCallSchema } from './schema.ts'

const tag = 'Voice2Phone'
/** Longer than a slow client may take to send its body. */
const answersWithinMs = 40_000

const make = route({
  method: 'POST',
  forTestKeys: true,
  makesCall: true,
  path: '/call',
  body: newCallSchema,
  answersWithinMs,
  operation: {
    id: 'makeOutboundCall',
    tag,
    summary: 'Make an outbound phone call',
    description:
      'Calls from the account’s default number and speaks Message. With Dtmf it then waits ten seconds for one of the keys, asks once more, and speaks the text of the key that was pressed, also when that happens while Message is still being spoken; other keys are ignored.',
    replies: {
      200: { says: 'The call is being made', schema: madeSchema },
      402: { says: 'Nothing is wrong with the request, but there is no way to make the call' },
    },
  },
  async run({ account, body, idempotency }, { callCentre, speech }) {
    const wanted = readCall(body, (language) => speech.hasVoice(language))
    const from = callerIdOf(account)
    const call = await callCentre.placeCall(account, {
      ...{ ...wanted, from, checkFirst: true },
      ...callIdIn(idempotency),
    })
    return { status: 200, body: { CallId: call.id } }
  },
})

const look = route({
  method: 'GET',
  path: '/call/:callId',
  params: callIdSchema,
  answersWithinMs,
  operation: {
    id: 'getOutboundCallStatus',
    tag,
    summary: 'Get call status',
    description: 'Of any call of the account, whichever API made it.',
    replies: {
      200: { says: 'The call', schema: callStatusSchema },
      404: { says: 'There is no such call' },
    },
  },
  async run({ account, params }, { callCentre }) {
    const id = readCallId(params.callId)
    const call = await callCentre.getCall(account.id, id)
    return { status: 200, body: renderStatus(call, await callCentre.eventsOf(account.id, id)) }
  },
})

export const routes: readonly Route[] = [make, look]

function callerIdOf({ defaultNumber }: Account): string {
  if (defaultNumber !== null) return defaultNumber
  throw new Failure('from_not_owned', 'the account has no default number')
}

/** UUIDs are the same in either case (RFC 9562 section 4). */
function readCallId(text: string): CallId {
  const id = text.toLowerCase()
  if (!isUuid(id)) throw new Failure('not_found', 'There is no such call')
  return id as CallId
}
