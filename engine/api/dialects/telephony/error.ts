import { Type } from 'typebox'
import type { Failure } from '../../../core/failures.ts'

export const errorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      field: Type.Optional(Type.String()),
    }),
  },
  { 'x-name': 'TriggerCallError' },
)

/** Refusals whose words the API's document gives. */
const documented: Readonly<Record<string, string>> = {
  invalid_phone_number: 'Phone number must be in E.164 format (+61...)',
}

export function renderError({ code, message, field }: Failure): unknown {
  return {
    error: { code, message: documented[code] ?? message, ...(field !== undefined && { field }) },
  }
}
