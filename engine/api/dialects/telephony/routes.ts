import { Failure } from '../../../core/failures.ts'
import { callIdIn, type Route, route } from '../../dialect.ts'
import { readCallId } from './call-id.ts'
import { readTrigger } from './read-trigger.ts'
import { renderAccepted, renderBalance, renderLookup } from './render.ts'
import {
  acceptedSchema,
  balanceSchema,
  callIdSchema,
  lookupSchema,
  triggerSchema,
} from './schema.ts'

const tag = 'Trigger call'

const trigger = route({
  method: 'POST',
  forTestKeys: true,
  makesCall: true,
  path: '/api/voice/trigger-call',
  body: triggerSchema,
  operation: {
    id: 'triggerCall',
    tag,
    summary: 'Connects a lead to an agent',
    description:
      'Calls the agent, says who the lead is, and on key 1 calls the lead and connects the two.',
    replies: {
      200: { says: 'The agent is being called', schema: acceptedSchema },
      402: { says: 'The balance does not cover the first minutes of both calls' },
    },
  },
  async run({ account, body, idempotency }, { callCentre }) {
    const call = await callCentre.triggerCall(account, {
      ...readTrigger(body),
      ...callIdIn(idempotency),
    })
    return { status: 200, body: renderAccepted(call, callCentre.connectTimes()) }
  },
})

const lookup = route({
  method: 'GET',
  path: '/api/voice/calls/:callId',
  params: callIdSchema,
  operation: {
    id: 'getTriggeredCall',
    tag,
    summary: 'What became of a call',
    replies: { 200: { says: 'The call', schema: lookupSchema } },
  },
  async run({ account, params }, { callCentre, recordingUrl }) {
    const id = readCallId(params.callId)
    if (id === undefined) throw new Failure('not_found', 'There is no such call')
    const call = await callCentre.getCall(account.id, id)
    const children = await callCentre.childrenOf(account.id, id)
    // The recording of the conversation may belong to either leg.
    const recorded = [call, ...children].find(({ recordingId }) => recordingId !== null)
    const url = recorded?.recordingId ? recordingUrl(recorded.recordingId) : null
    return { status: 200, body: renderLookup(call, children, url, callCentre.connectTimes()) }
  },
})

const balance = route({
  method: 'GET',
  path: '/api/account/balance',
  operation: {
    id: 'getCreditBalance',
    tag,
    summary: 'Credits of the account',
    replies: { 200: { says: 'The balance', schema: balanceSchema } },
  },
  run: async ({ account }, { money }) => ({
    status: 200,
    body: renderBalance(await money.account(account.id)),
  }),
})

export const routes: readonly Route[] = [trigger, lookup, balance]
