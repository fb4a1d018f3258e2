import { Failure } from '../../core/failures.ts'

/** A command as it came. `id` is the client's, and stands in the answer. */
export interface Command {
  readonly id: string | number
  /** An operation of the dialect, or one of the socket's own. */
  readonly name: string
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  /** As the header Idempotency-Key. */
  readonly idempotencyKey?: string
}

/** A message that is none: what was its id, if that could be read, and why. */
export class BadMessage extends Error {
  readonly id: string | number | null
  readonly failure: Failure
  constructor(id: string | number | null, failure: Failure) {
    super(failure.message)
    this.id = id
    this.failure = failure
  }
}

const longestId = 64
const parts: readonly string[] = ['id', 'do', 'params', 'query', 'body', 'idempotency_key']

/** Throws BadMessage with `invalid_json`, `missing_parameter`, `unknown_parameter` or `invalid_request`. */
export function readMessage(text: string): Command {
  const message = objectIn(text)
  const { id: given, do: name, params = {}, query = {}, body, idempotency_key: key } = message
  const id = idOf(given)
  const bad = (...[code, why, field]: ConstructorParameters<typeof Failure>) =>
    new BadMessage(id, new Failure(code, why, field))
  if (id === null) {
    if (given === undefined) throw bad('missing_parameter', 'id is required', 'id')
    throw bad('invalid_request', `id must be a number or a text of ${longestId} at most`, 'id')
  }
  const unknown = Object.keys(message).find((key) => !parts.includes(key))
  if (unknown !== undefined) {
    const shown = unknown.slice(0, 100)
    throw bad('unknown_parameter', `${shown} is not known here`, shown)
  }
  if (name === undefined) throw bad('missing_parameter', 'do is required', 'do')
  if (typeof name !== 'string') throw bad('invalid_request', 'do must be a text', 'do')
  if (!isObject(params)) throw bad('invalid_request', 'params must be an object', 'params')
  if (!isObject(query)) throw bad('invalid_request', 'query must be an object', 'query')
  if (key !== undefined && typeof key !== 'string') {
    throw bad('invalid_request', 'idempotency_key must be a text', 'idempotency_key')
  }
  return { id, name, params, query, body, ...(key !== undefined && { idempotencyKey: key }) }
}

function objectIn(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BadMessage(null, new Failure('invalid_json', 'The message is not valid JSON'))
  }
  if (isObject(value)) return value
  throw new BadMessage(null, new Failure('invalid_request', 'The message must be an object'))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function idOf(value: unknown): string | number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.length <= longestId ? value : null
}
