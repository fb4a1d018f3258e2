import type { Participant, ParticipantOptions } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import { requireFree } from '../actions/depart.ts'
import type { LiveCall } from '../live-call.ts'
import { startProgram } from '../program.ts'
import type { Around } from './around.ts'
import { requireOpenDoor, seat, stayIfLetIn } from './join.ts'
import type { LiveConference } from './live-conference.ts'
import { Member } from './member.ts'
import { checkParticipant, optionsIn } from './participant-options.ts'

/**
 * A call that is up joins, out of whatever it was doing. Whoever it talked to goes on with his program, or is
 * hung up, as after the end of their talk. Failures as in desk.ts.
 */
export async function bring(
  around: Around,
  conference: LiveConference,
  call: LiveCall,
  given: Partial<ParticipantOptions>,
): Promise<Participant> {
  const { ports, calls } = around
  const options = optionsIn(given)
  const member = new Member(call, options, 'connecting')
  checkParticipant(conference, call.id, options)
  await conference.enqueue(async () => {
    requireFree(call)
    requireOpenDoor(conference, member.options.moderator)
    seat(around, conference, member)
    call.bridge?.depart(call)
    // At once: what the call does until now must not come to its end meanwhile, which would hang it up, and of
    // two who move it the one who has seated it last has it.
    startProgram(call, calls, ports, (run) => stayIfLetIn(run, conference, member))
  })
  if (await member.entered.promise) return member.shown(conference.id)
  if (conference.isOver) throw new Failure('conference_ended', 'the conference is over')
  if (call.state.at === 'up') {
    throw new Failure('call_busy', 'the call was told to do something else meanwhile')
  }
  throw new Failure('call_ended', 'the call is over')
}
