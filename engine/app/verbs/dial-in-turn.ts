import { Failure } from '../../core/failures.ts'
import type { Run } from '../program.ts'
import { type DialResult, type DialTerms, dialParties } from './dial.ts'
import { type Party, tellMissed } from './parties.ts'
import { TalkRecorder } from './talk-recorder.ts'

/**
 * Calls one after the other, each for as long as one may ring, until one of them is connected. How the last one's call
 * ended; the Failure of the first one when nobody can be called.
 */
export async function dialInTurn(
  run: Run,
  parties: readonly Party[],
  terms: DialTerms,
): Promise<DialResult> {
  const recorder = new TalkRecorder(run, terms)
  let last: DialResult | undefined
  let why: Failure | undefined
  for (const party of parties) {
    if (run.signal.aborted) break
    try {
      last = await dialParties(run, [party], terms, recorder)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      why ??= error
      await tellMissed(run, `dial: ${party.to}: ${error.message}`)
    }
    if (last?.connected) break
  }
  await recorder.end()
  if (last) return last
  throw why ?? new Failure('invalid_request', 'dial has nobody to call', 'to')
}
