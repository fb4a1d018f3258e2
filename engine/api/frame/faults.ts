import { Failure, type FailureCode } from '../../core/failures.ts'
import type { Log } from '../../core/ports/observe.ts'

/** Refusals of the HTTP framework itself, by its error codes. */
const frameworkFaults: Readonly<Record<string, readonly [FailureCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'The body must be application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'Content-Length does not fit the body'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than allowed'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_json', 'The body is not valid JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_json', 'The body is empty'],
  FST_ERR_HANDLER_TIMEOUT: ['timed_out', 'This took too long on our side'],
  FST_ERR_BAD_URL: ['not_found', 'There is nothing at this address'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing at this address'],
}

/** The Failure behind whatever a handler threw; undefined means a bug of ours. */
export function failureBehind(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error
  if (!(error instanceof Error)) return undefined
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const known = code === undefined ? undefined : frameworkFaults[code]
  if (known !== undefined) return new Failure(known[0], known[1], undefined, { cause: error })
  if (error instanceof SyntaxError && statusCode === 400) {
    return new Failure('invalid_json', 'The body is not valid JSON', undefined, { cause: error })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Failure('invalid_request', 'The request is not valid', undefined, { cause: error })
  }
  return undefined
}

/** What is told of an error; one of ours is logged with its stack and `fields`. */
export function failureFor(
  error: unknown,
  log: Log,
  fields: Readonly<Record<string, unknown>>,
): Failure {
  const failure = failureBehind(error)
  if (failure !== undefined) return failure
  log.error('request failed', {
    ...fields,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
  return new Failure('internal_error', 'Something went wrong on our side')
}
