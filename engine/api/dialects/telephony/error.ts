import { Type } from 'typebox'
import { type Failure, InsufficientCredits } from '../../../core/failures.ts'

export const errorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      field: Type.Optional(Type.String()),
      required_credits: Type.Optional(Type.Number({ description: 'Of insufficient_credits' })),
      current_balance: Type.Optional(Type.Number({ description: 'Of insufficient_credits' })),
    }),
  },
  { 'x-name': 'TriggerCallError' },
)

const microPerCredit = 1_000_000

/** Refusals whose words the API's document gives. */
const documented: Readonly<Record<string, string>> = {
  invalid_phone_number: 'Phone number must be in E.164 format (+61...)',
  insufficient_credits: 'Account balance too low. Please add credits to continue.',
}

export function renderError(failure: Failure): unknown {
  const { code, message, field } = failure
  return {
    error: {
      ...{ code, message: documented[code] ?? message },
      ...(field !== undefined && { field }),
      ...(failure instanceof InsufficientCredits && {
        required_credits: failure.requiredMicro / microPerCredit,
        current_balance: failure.balanceMicro / microPerCredit,
      }),
    },
  }
}
