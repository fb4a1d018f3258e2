import { Failure } from '../../core/failures.ts'

/** What a client can say beside audio. */
export type StreamMessage =
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'dtmf'; readonly digits: string }
  | { readonly event: 'clear' | 'buffer' | 'stop' }

const longestName = 200
const fields: Readonly<Record<StreamMessage['event'], string | undefined>> = {
  mark: 'name',
  dtmf: 'digits',
  clear: undefined,
  buffer: undefined,
  stop: undefined,
}

/** Failures `invalid_json`, `invalid_request`, `missing_parameter` and `unknown_parameter`. */
export function readStreamMessage(text: string): StreamMessage {
  const given = objectIn(text)
  const event = given['event']
  if (event === undefined) throw new Failure('missing_parameter', 'event is required', 'event')
  if (typeof event !== 'string' || !Object.hasOwn(fields, event)) {
    const known = Object.keys(fields).join(', ')
    throw new Failure('invalid_request', `event must be one of ${known}`, 'event')
  }
  const field = fields[event as StreamMessage['event']]
  const unknown = Object.keys(given).find((key) => key !== 'event' && key !== field)
  if (unknown !== undefined) {
    const shown = unknown.slice(0, 100)
    throw new Failure('unknown_parameter', `${shown} is not known here`, shown)
  }
  if (field === undefined) return { event } as StreamMessage
  const value = given[field]
  if (value === undefined) throw new Failure('missing_parameter', `${field} is required`, field)
  if (typeof value === 'string' && value !== '' && value.length <= longestName) {
    return { event, [field]: value } as unknown as StreamMessage
  }
  throw new Failure('invalid_request', `${field} must be a text of 1 to ${longestName}`, field)
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Failure('invalid_json', 'The message is not valid JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new Failure('invalid_request', 'The message must be an object')
}
