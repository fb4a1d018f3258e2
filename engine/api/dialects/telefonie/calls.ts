import type { Static } from 'typebox'
import type { PlaceCall, UpdateCall } from '../../../app/call-centre.ts'
import { readVerbs } from '../../../app/verb-document.ts'
import { readDetection } from '../../../app/verb-shapes/machine-detection.ts'
import type { CallRecord } from '../../../core/call.ts'
import { Failure } from '../../../core/failures.ts'
import { type AccountId, type CallId, isUuid } from '../../../core/ids.ts'
import { callIdIn, type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { actOnCall } from './act-on-call.ts'
import { readAsking } from './asking.ts'
import { readCallFilter } from './call-filter.ts'
import { callQualitySchema, renderQuality } from './call-quality.ts'
import {
  callIdSchema,
  callListSchema,
  callNowSchema,
  callQuerySchema,
  callSchema,
  eventListSchema,
  newCallSchema,
  updateCallSchema,
} from './call-schema.ts'
import { conferenceId } from './conference-values.ts'
import { renderCall, renderLive } from './render-call.ts'
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
  forTestKeys: true,
  makesCall: true,
  path: base,
  body: newCallSchema,
  operation: {
    id: 'initiateCall',
    tag,
    summary: 'Initiate Call',
    description: 'The fields of every verb are in the schema of the body, at `verbs`.',
    replies: { 201: { says: 'Call initiated', schema: callSchema } },
  },
  async run({ account, body, idempotency }, services) {
    const wanted = { ...placeCallOf(body), ...callIdIn(idempotency) }
    const call = await services.callCentre.placeCall(account, wanted)
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
      200: { says: 'Call details', schema: callNowSchema },
      404: { says: 'Call not found' },
    },
  },
  async run({ account, params }, services) {
    const call = await services.callCentre.getCall(account.id, callId(params.call_id))
    const now = services.callCentre.liveStateOf(call.id)
    const body = { ...renderCall(call, services.recordingUrl), live: now ? renderLive(now) : null }
    return { status: 200, body }
  },
})

const update = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/:call_id`,
  params: callIdSchema,
  body: updateCallSchema,
  operation: {
    id: 'updateCall',
    tag,
    summary: 'Update Call',
    description:
      'Ends the call, sends it to new instructions, takes it into a conference, or does one of the live actions; one of these at a time. Those have routes of their own too, which can do more.',
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
  forTestKeys: true,
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
  requireUrl(body)
  return {
    to,
    from,
    method: method ?? 'POST',
    record: record ?? false,
    ringTimeoutMs: (timeout ?? 30) * 1000,
    ...(url !== undefined && { url }),
    ...readAsking(body),
    ...(headers !== undefined && { headers }),
    ...(body.machine_detection && { machineDetection: readDetection(body.machine_detection) }),
    ...(status_callback !== undefined && { statusCallback: status_callback }),
    ...(verbs !== undefined && { verbs: readVerbs(verbs) }),
  }
}

type Update = Static<typeof updateCallSchema>

async function changed(
  services: Services,
  account: AccountId,
  id: CallId,
  body: Update,
): Promise<CallRecord> {
  const { callCentre, conferences } = services
  const { conference_id, ...rest } = body
  const acted = await actOnCall(services, account, id, body)
  if (acted) return acted
  if (conference_id === undefined) return callCentre.updateCall(account, id, updateOf(rest))
  await conferences.bring(account, conferenceId(conference_id), id, {})
  return callCentre.getCall(account, id)
}

/** Failure `invalid_request` for what says how a `url` is asked that is not there. */
function requireUrl(body: { url?: string; url_format?: string; fallback_url?: string }): void {
  const field = (['url_format', 'fallback_url'] as const).find((name) => body[name] !== undefined)
  if (field !== undefined && body.url === undefined) {
    throw new Failure('invalid_request', `${field} goes with url`, field)
  }
}

function updateOf(body: Static<typeof updateCallSchema>): UpdateCall {
  const { status, url, method } = body
  requireUrl(body)
  if (status !== undefined && url !== undefined) {
    throw new Failure('invalid_request', 'Give status or url, not both', 'status')
  }
  if (status !== undefined) {
    if (method === undefined) return { status }
    throw new Failure('invalid_request', 'method goes with url', 'method')
  }
  if (url === undefined) throw new Failure('missing_parameter', 'Give status or url', 'status')
  return { url, method: method ?? 'POST', ...readAsking(body) }
}
