import { Type } from 'typebox'
import { type Failure, failures } from '../../../core/failures.ts'

export const errorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String({
        description: `One of ${Object.keys(failures).join(', ')}, recording_in_progress`,
      }),
      message: Type.String(),
      request_id: Type.String(),
      field: Type.Optional(Type.String({ description: 'The input at fault' })),
    }),
  },
  { 'x-name': 'Error' },
)

export function renderError(failure: Failure, requestId: string): unknown {
  return errorBody(failure.code, failure.message, requestId, failure.field)
}

export function errorBody(
  code: string,
  message: string,
  requestId: string,
  field?: string,
): unknown {
  return { error: { code, message, request_id: requestId, ...(field && { field }) } }
}
