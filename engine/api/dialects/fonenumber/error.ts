import { Type } from 'typebox'
import type { Failure } from '../../../core/failures.ts'

export const errorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      field: Type.Optional(Type.String({ description: 'The parameter at fault' })),
      request_id: Type.String(),
    }),
  },
  { 'x-name': 'FoneNumberError' },
)

export function renderError(failure: Failure, requestId: string): unknown {
  const { code, message, field } = failure
  return { error: { code, message, ...(field !== undefined && { field }), request_id: requestId } }
}

/** A number that is not the caller's is forbidden in this API. */
export const statusOf = (failure: Failure): number =>
  failure.code === 'from_not_owned' ? 403 : failure.http
