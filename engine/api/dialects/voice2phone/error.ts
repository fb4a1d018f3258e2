import { Type } from 'typebox'
import type { Failure, FailureCode } from '../../../core/failures.ts'

/** The API's document promises JSON and does not show it: in its spelling, this is it. */
export const errorSchema = Type.Object(
  {
    Error: Type.Object({
      Code: Type.String({ description: 'What went wrong, for programs' }),
      Message: Type.String({ description: 'The same for people; it names the parameter at fault' }),
    }),
  },
  { 'x-name': 'OutboundCallError' },
)

const documented: Readonly<Partial<Record<FailureCode, string>>> = {
  from_not_owned: 'The account has no number of its own to call from',
}

export const renderError = ({ code, message }: Failure): unknown => ({
  Error: { Code: code, Message: documented[code] ?? message },
})

/** What the API calls "valid, but failed": nothing was wrong with the request, and nobody is called. */
const requestFailed: ReadonlySet<FailureCode> = new Set([
  'no_route',
  'target_not_allowed',
  'device_not_registered',
  'from_not_owned',
])

/**
 * 402 for those, the catalogue's status otherwise. `to` is no parameter of this API: what is wrong with
 * it after it was read is wrong with the way there, e.g. a number of ours whose device is gone.
 */
export const statusOf = ({ code, field, http }: Failure): number =>
  requestFailed.has(code) || field === 'to' ? 402 : http
