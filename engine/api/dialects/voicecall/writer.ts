import type { JournalWriter } from '../../../app/directory/journal.ts'
import { Failure } from '../../../core/failures.ts'
import type { TokenClaims } from '../../../core/ports/tokens.ts'

/** The tokens that this API takes: of somebody of the staff, of an app, and of who has all businesses. */
const kinds: readonly string[] = ['staff', 'app', 'directory']

/** Who asks, and for which businesses. Failure `forbidden` for a token that may not. */
export function writerOf(claims: TokenClaims | undefined): JournalWriter {
  if (claims === undefined || !kinds.includes(claims.kind)) {
    throw new Failure('forbidden', `A token of one of these kinds is needed: ${kinds.join(', ')}`)
  }
  const { kind, subject, businesses } = claims
  if (kind !== 'directory' && (businesses === undefined || businesses.length === 0)) {
    throw new Failure('forbidden', `A token of the kind ${kind} has to name its businesses`)
  }
  return { name: subject ?? kind, staffId: kind === 'staff' ? subject : null, businesses }
}
