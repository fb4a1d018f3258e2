import type { ActionVerb, BridgeVerb } from '../../core/action-verbs.ts'
import { Failure } from '../../core/failures.ts'
import type { Run } from '../program.ts'
import { connectTo } from '../transfer-call.ts'
import { answer } from '../verbs/answer.ts'
import { connectCalls } from './bridging.ts'
import { setMutes } from './mute.ts'
import { parkHere } from './park-on-slot.ts'
import { pickUpHere } from './pick-up.ts'

/** Carries one of these verbs out; answers the call first. `over`: the list has come to its end. */
export async function runActionVerb(run: Run, verb: ActionVerb): Promise<'next' | 'over'> {
  if (!(await answer(run))) return 'over'
  switch (verb.verb) {
    case 'mute':
      await setMutes(run, run.call, verb.what ?? 'says', verb.on ?? true)
      break
    case 'park':
      await parkHere(run, verb)
      break
    case 'pickup':
      await pickUpHere(run, verb.slot)
      break
    case 'bridge':
      await bridgeHere(run, verb)
      break
    case 'transfer':
      return (await connectTo(run, verb.to)) ? 'over' : 'next'
  }
  return run.signal.aborted ? 'over' : 'next'
}

/** Failures `not_found`, and those of `connectCalls`. */
async function bridgeHere(run: Run, { callId }: BridgeVerb): Promise<void> {
  const { call, calls } = run
  const other = calls.get(callId)
  if (other?.made.account.id !== call.made.account.id) {
    throw new Failure('not_found', 'there is no such call', 'call_id')
  }
  if (other === call) {
    throw new Failure('invalid_request', 'a call can not be connected to itself', 'call_id')
  }
  await connectCalls(run, call, other)
}
