import { Type } from 'typebox'
import type { LoggedEvent } from '../../../core/events.ts'
import { Failure } from '../../../core/failures.ts'
import { type CallId, isUuid } from '../../../core/ids.ts'
import { isEventPattern, mostPatterns } from '../../../core/webhooks.ts'
import { isoTime, snakeKeys } from './values.ts'

export const eventSchema = Type.Object(
  {
    sequence: Type.Integer({
      description: 'Grows by one. Numbers are not used again; old events may be gone',
    }),
    type: Type.String({ examples: ['call.ringing', 'device.registered'] }),
    call_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
    conference_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
    at: Type.String({ format: 'date-time' }),
    data: Type.Object({}, { additionalProperties: true }),
  },
  { 'x-name': 'Event' },
)

export const renderLogged = (event: LoggedEvent) => ({
  ...{ sequence: event.sequence, type: event.type },
  ...{ call_id: event.callId, conference_id: event.conferenceId ?? null },
  ...{ at: isoTime(event.atMs), data: snakeKeys(event.data) },
})

const texts = new WeakMap<LoggedEvent, string>()

/** As JSON; written once however many are told. */
export function textOfEvent(event: LoggedEvent): string {
  const known = texts.get(event)
  if (known !== undefined) return known
  const text = JSON.stringify(renderLogged(event))
  texts.set(event, text)
  return text
}

/** Types of events as somebody names them. Failure `invalid_request`. */
export function readPatterns(patterns: readonly string[], field: string): readonly string[] {
  if (patterns.length > mostPatterns)
    throw new Failure('invalid_request', `${field} has more than ${mostPatterns} entries`, field)
  for (const pattern of patterns) {
    if (isEventPattern(pattern)) continue
    const why = 'is no type of event; all that begin alike are named as call.*, all as *'
    throw new Failure('invalid_request', `${pattern.slice(0, 100)} ${why}`, field)
  }
  return [...new Set(patterns)]
}

/** Failure `invalid_request`. */
export function readCallId(text: string, field: string): CallId {
  if (isUuid(text)) return text as CallId
  throw new Failure('invalid_request', `${field} is not the id of a call`, field)
}
