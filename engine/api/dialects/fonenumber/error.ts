import { STATUS_CODES } from 'node:http'
import { Type } from 'typebox'
import type { Failure } from '../../../core/failures.ts'

/** `statusCode`, `error` and `message` are the vendor's three; the rest is ours. */
export const errorSchema = Type.Object(
  {
    statusCode: Type.Integer({ description: 'The HTTP status again' }),
    error: Type.String({ description: 'The name of that status' }),
    message: Type.String(),
    code: Type.String({ description: 'What went wrong, for programs' }),
    field: Type.Optional(Type.String({ description: 'The parameter at fault' })),
    request_id: Type.String(),
    call: Type.Optional(
      Type.Object(
        { id: Type.String({ format: 'uuid' }) },
        { description: 'The call that was made and not answered' },
      ),
    ),
  },
  { 'x-name': 'FoneNumberError' },
)

/** A number that is not the caller's is forbidden in this API. */
export const statusOf = (failure: Failure): number =>
  failure.code === 'from_not_owned' ? 403 : failure.http

export function renderError(failure: Failure, requestId: string): Record<string, unknown> {
  const { code, message, field } = inOurWords(failure)
  const statusCode = statusOf(failure)
  return {
    statusCode,
    error: STATUS_CODES[statusCode] ?? 'Error',
    message,
    code,
    ...(field !== undefined && { field }),
    request_id: requestId,
  }
}

/** Parameters that the use cases know by other names. */
function inOurWords({
  code,
  message,
  field,
}: Failure): Pick<Failure, 'code' | 'message' | 'field'> {
  if (code === 'from_not_owned') {
    return { code, message: 'fonenumber must be a number of your account', field: 'fonenumber' }
  }
  const isSoundFile = field === undefined && ofSoundFiles.includes(code)
  const isService = isSoundFile || field === 'text' || field === 'verbs'
  return { code, message, field: isService ? 'service_id' : field }
}

const ofSoundFiles: readonly string[] = ['invalid_audio', 'url_not_allowed', 'url_unreachable']
