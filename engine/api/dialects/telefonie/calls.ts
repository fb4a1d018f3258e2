import type { Static } from 'typebox'
import type { PlaceCall, UpdateCall } from '../../../app/call-centre.ts'
import type { TransferCall } from '../../../app/transfer-call.ts'
import { readVerbs } from '../../../app/verb-document.ts'
import type { CallRecord } from '../../../core/call.ts'
import { Failure } from '../../../core/failures.ts'
import { type AccountId, type CallId, isUuid } from '../../../core/ids.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { readCallFilter } from './call-filter.ts'
import { callQualitySchema, renderQuality } from './call-quality.ts'
import {
  callIdSchema,
  callListSchema,
  callQuerySchema,
  callSchema,
  eventListSchema,
  newCallSchema,
  type transferSchema,
  updateCallSchema,
} from './call-schema.ts'
import { conferenceId } from './conference-values.ts'
import { renderCall } from './render-call.ts'
import { isoTime, snakeKeys } from './values.ts'

const base = '/v1/voice/calls'
const tag = 'Calls'

const list = route({
  method: 'GET',
  path: base,
  query: callQuerySchema,
  operation: {
    id: 'listCalls',
    tag,
    summary: 'List Calls',
    description: 'Newest first.',
    replies: { 200: { says: 'List of calls', schema: callListSchema } },
  },
  async run({ account, query }, services) {
    const filter = readCallFilter(query)
    const { calls, total } = await services.callCentre.listCalls(account.id, filter)
    const body = { calls: render(services, calls), total }
    return { status: 200, body: { ...body, page: filter.page, page_size: filter.pageSize } }
  },
})

const create = route({
  method: 'POST',
  path: base,
  body: newCallSchema,
  operation: {
    id: 'initiateCall',
    tag,
    summary: 'Initiate Call',
    description: 'The fields of every verb are in the schema of the body, at `verbs`.',
    replies: { 201: { says: 'Call initiated', schema: callSchema } },
  },
  async run({ account, body }, services) {
    const call = await services.callCentre.placeCall(account, placeCallOf(body))
    return {
      status: 201,
      headers: { location: `${base}/${call.id}` },
      body: renderCall(call, services.recordingUrl),
    }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:call_id`,
  params: callIdSchema,
  operation: {
    id: 'getCall',
    tag,
    summary: 'Get Call',
    replies: {
      200: { says: 'Call details', schema: callSchema },
      404: { says: 'Call not found' },
    },
  },
  async run({ account, params }, services) {
    const call = await services.callCentre.getCall(account.id, callId(params.call_id))
    const [body] = render(services, [call])
    return { status: 200, body }
  },
})

const update = route({
  method: 'POST',
  path: `${base}/:call_id`,
  params: callIdSchema,
  body: updateCallSchema,
  operation: {
    id: 'updateCall',
    tag,
    summary: 'Update Call',
    description:
      'Ends the call, sends it to new instructions, holds or transfers it, or takes it into a conference; one of these at a time.',
    replies: { 200: { says: 'Call updated', schema: callSchema } },
  },
  async run({ account, params, body }, services) {
    const id = callId(params.call_id)
    const call = await changed(services, account.id, id, body)
    const [rendered] = render(services, [call])
    return { status: 200, body: rendered }
  },
})

const end = route({
  method: 'DELETE',
  path: `${base}/:call_id`,
  params: callIdSchema,
  operation: {
    id: 'endCall',
    tag,
    summary: 'End Call',
    description: 'Ends the call in whatever state it is; an ended one stays as it is.',
    replies: { 204: { says: 'Call ended' } },
  },
  async run({ account, params }, { callCentre }) {
    await callCentre.endCall(account.id, callId(params.call_id))
    return { status: 204 }
  },
})

const timeline = route({
  method: 'GET',
  path: `${base}/:call_id/events`,
  params: callIdSchema,
  operation: {
    id: 'getCallTimeline',
    tag,
    summary: 'What happened to a call and to the calls that it dialed',
    replies: { 200: { says: 'Events in order, and the calls', schema: eventListSchema } },
  },
  async run({ account, params }, services) {
    const { callCentre } = services
    const call = await callCentre.getCall(account.id, callId(params.call_id))
    const legs = [call, ...(await callCentre.childrenOf(account.id, call.id))]
    const logs = await Promise.all(legs.map(({ id }) => callCentre.eventsOf(account.id, id)))
    const events = logs.flat().sort((a, b) => a.sequence - b.sequence)
    return {
      status: 200,
      body: {
        events: events.map(({ sequence, type, callId: call_id, atMs, data }) => {
          return { sequence, type, call_id, at: isoTime(atMs), data: snakeKeys(data) }
        }),
        legs: render(services, legs),
      },
    }
  },
})

const quality = route({
  method: 'GET',
  path: `${base}/:call_id/quality`,
  params: callIdSchema,
  operation: {
    id: 'getCallQuality',
    tag,
    summary: 'How a call sounds',
    description:
      'Of the leg between the engine and the phone, as it is now; of a call that is over, as it was at its end. `quality` is null when no audio has gone over it.',
    replies: {
      200: { says: 'The figures', schema: callQualitySchema },
      404: { says: 'Call not found' },
    },
  },
  async run({ account, params }, { callCentre }) {
    const id = callId(params.call_id)
    const figures = await callCentre.qualityOf(account.id, id)
    return {
      status: 200,
      body: { call_id: id, quality: figures === null ? null : renderQuality(figures) },
    }
  },
})

export const callRoutes: readonly Route[] = [list, create, get, update, end, timeline, quality]

/** Anything that is not one of our ids is a call that does not exist. */
export function callId(text: string): CallId {
  if (!isUuid(text)) throw new Failure('not_found', 'There is no such call')
  return text as CallId
}

const render = (services: Services, calls: readonly CallRecord[]) =>
  calls.map((call) => renderCall(call, services.recordingUrl))

function placeCallOf(body: Static<typeof newCallSchema>): PlaceCall {
  const { to, from, url, method, status_callback, timeout, record, verbs, headers } = body
  if (url !== undefined && verbs !== undefined) {
    throw new Failure('invalid_request', 'Give url or verbs, not both', 'verbs')
  }
  return {
    to,
    from,
    method: method ?? 'POST',
    record: record ?? false,
    ringTimeoutMs: (timeout ?? 30) * 1000,
    ...(url !== undefined && { url }),
    ...(headers !== undefined && { headers }),
    ...(status_callback !== undefined && { statusCallback: status_callback }),
    ...(verbs !== undefined && { verbs: readVerbs(verbs) }),
  }
}

type Update = Static<typeof updateCallSchema>

/** What goes with no other field. */
const lonely = ['hold', 'transfer', 'conference_id'] as const

async function changed(
  { callCentre, conferences }: Services,
  account: AccountId,
  id: CallId,
  body: Update,
): Promise<CallRecord> {
  const { hold, transfer, conference_id, ...rest } = body
  const field = lonely.find((name) => body[name] !== undefined)
  if (field !== undefined && Object.keys(body).length > 1) {
    throw new Failure('invalid_request', `Give ${field} alone`, field)
  }
  if (hold !== undefined) return callCentre.holdCall(account, id, hold)
  if (transfer !== undefined) return callCentre.transferCall(account, id, transferOf(transfer))
  if (conference_id === undefined) return callCentre.updateCall(account, id, updateOf(rest))
  await conferences.bring(account, conferenceId(conference_id), id, {})
  return callCentre.getCall(account, id)
}

export const transferOf = ({ to, mode }: Static<typeof transferSchema>): TransferCall => ({
  to,
  mode: mode ?? 'bridge',
})

function updateOf({ status, url, method }: Static<typeof updateCallSchema>): UpdateCall {
  if (status !== undefined && url !== undefined) {
    throw new Failure('invalid_request', 'Give status or url, not both', 'status')
  }
  if (status !== undefined) {
    if (method === undefined) return { status }
    throw new Failure('invalid_request', 'method goes with url', 'method')
  }
  if (url === undefined) throw new Failure('missing_parameter', 'Give status or url', 'status')
  return { url, method: method ?? 'POST' }
}
