import { kindOfAnswerer } from '../../../core/answerer.ts'
import { type CallRecord, type CallStatus, callStatuses } from '../../../core/call.ts'
import type { CallEvent } from '../../../core/events.ts'
import { type StatusText, statuses } from './schema.ts'

/** From the first ring to the last word a call is in progress. */
const statusTexts: Readonly<Record<CallStatus, StatusText>> = {
  queued: 'Queued',
  ringing: 'InProgress',
  'in-progress': 'InProgress',
  completed: 'Completed',
  busy: 'Busy',
  'no-answer': 'NoAnswer',
  failed: 'Failed',
  canceled: 'Canceled',
}

const answererTexts = { human: 'Human', machine: 'Machine', unknown: 'Unknown' } as const

/** `events` are the call's own, in order. */
export function renderStatus(call: CallRecord, events: readonly CallEvent[]) {
  const StatusText = statusTexts[call.status]
  return {
    CallId: call.id,
    Status: statuses.indexOf(StatusText),
    StatusText,
    CreatedDateUtc: dateUtc(call.createdAtMs),
    UpdatedDateUtc: dateUtc(events.findLast(isChange)?.atMs ?? call.createdAtMs),
    Dtmf: call.gathered,
    ...(call.answeredBy && { AnsweredBy: answererTexts[kindOfAnswerer(call.answeredBy)] }),
  }
}

const isChange = ({ type }: CallEvent): boolean =>
  callStatuses.some((status) => type === `call.${status}`)

/** ISO 8601 without the zone, which is UTC. */
const dateUtc = (atMs: number): string => new Date(atMs).toISOString().slice(0, -1)
