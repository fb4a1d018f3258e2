import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { Verb } from '../../core/verbs.ts'

/** Lead to what all calls of the account share. */
const shared: ReadonlySet<Verb['verb']> = new Set([
  'conference',
  'enqueue',
  'park',
  'pickup',
  'voicemail',
  'voicemailMenu',
])

/** A call of a test key meets nobody else's calls, and changes nothing that they find. Failure `forbidden`. */
export function keepToTests({ isTest }: Pick<CallRecord, 'isTest'>, verb: Verb): void {
  if (!isTest) return
  const isShared = shared.has(verb.verb) || (verb.verb === 'dial' && verb.queue !== undefined)
  if (!isShared) return
  throw new Failure('forbidden', 'conferences, queues, slots and boxes are not for test keys')
}
