import { Failure } from '../../../core/failures.ts'
import { type CallId, isUuid } from '../../../core/ids.ts'
import type { RecordCursor } from '../../../core/ports/money.ts'

/** Where a list of call records goes on, as a text that means nothing to clients. */
export const cursorText = ({ beginMs, id }: RecordCursor): string =>
  Buffer.from(`${beginMs.toString(36)}.${id}`).toString('base64url')

/** Failure `invalid_request`. */
export function readCursor(text: string): RecordCursor {
  const [begin = '', id = ''] = Buffer.from(text, 'base64url').toString().split('.')
  const beginMs = Number.parseInt(begin, 36)
  if (Number.isSafeInteger(beginMs) && isUuid(id)) return { beginMs, id: id as CallId }
  throw new Failure('invalid_request', 'cursor must be the next of an answer', 'cursor')
}
