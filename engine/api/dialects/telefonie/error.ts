import { Type } from 'typebox'
import { CursorAhead, type Failure, failures } from '../../../core/failures.ts'

export const errorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String({
        description: `One of ${Object.keys(failures).join(', ')}`,
      }),
      message: Type.String(),
      request_id: Type.String(),
      field: Type.Optional(Type.String({ description: 'The input at fault' })),
      last: Type.Optional(
        Type.Integer({ description: 'With `cursor_ahead`: the last number of the log' }),
      ),
    }),
  },
  { 'x-name': 'Error' },
)

export function renderError(failure: Failure, requestId: string): unknown {
  const last = failure instanceof CursorAhead ? failure.last : undefined
  return errorBody(failure.code, failure.message, requestId, failure.field, last)
}

export function errorBody(
  code: string,
  message: string,
  requestId: string,
  field?: string,
  last?: number,
): unknown {
  const error = { code, message, request_id: requestId, ...(field && { field }) }
  return { error: { ...error, ...(last !== undefined && { last }) } }
}
