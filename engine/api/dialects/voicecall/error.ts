import { Type } from 'typebox'
import { Failure, type FailureCode, failures } from '../../../core/failures.ts'

/** One thing that is wrong with a request. */
export interface Fault {
  readonly code: FailureCode
  readonly field: string | null
  readonly message: string
}

/** A body with faults: this API tells all of them, not the first alone. */
export class BodyFaults extends Failure {
  readonly faults: readonly Fault[]
  constructor(faults: readonly [Fault, ...Fault[]]) {
    const [{ message, field }] = faults
    super('invalid_request', message, field ?? undefined)
    this.faults = faults
  }
}

export const errorSchema = Type.Object(
  {
    success: Type.Literal(false),
    errors: Type.Array(
      Type.Object({
        code: Type.String({ description: `One of ${Object.keys(failures).join(', ')}` }),
        field: Type.Union([Type.String(), Type.Null()], { description: 'The input at fault' }),
        message: Type.String(),
      }),
    ),
    request_id: Type.String(),
  },
  { 'x-name': 'VoiceCallError' },
)

/** What the journal calls the fields of this API. */
const names: ReadonlyMap<string, string> = new Map([
  ['from', 'from_number'],
  ['to', 'to_number'],
  ['sourceId', 'source_id'],
  ['externalId', 'external_uuid'],
  ['handledBy', 'handled_by_staff_uid'],
])

export function renderError(failure: Failure, requestId: string): unknown {
  const { code, field = null, message } = failure
  const errors =
    failure instanceof BodyFaults
      ? failure.faults
      : [{ code, field: field === null ? null : (names.get(field) ?? field), message }]
  return { success: false, errors, request_id: requestId }
}
