import type { ParticipantOptions } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { ConferenceId } from '../../core/ids.ts'
import type { ConferenceRoute } from '../../core/ports/store.ts'
import type { ConferenceVerb } from '../../core/verbs.ts'
import type { Program, Run } from '../program.ts'
import { answer } from '../verbs/answer.ts'
import { conferenceNamed } from './create.ts'
import { askName, askPin, refuse } from './door.ts'
import { requireOpenDoor, seat, stay } from './join.ts'
import type { LiveConference } from './live-conference.ts'
import { Member } from './member.ts'

/** What a call to a number does whose route is a conference. */
export const callIn =
  ({ name, options, statusCallback }: ConferenceRoute): Program =>
  async (run) => {
    if (!(await answer(run))) return
    const conference = await conferenceNamed(run, run.call.made.account, {
      friendlyName: name,
      ...(options && { options }),
      ...(statusCallback !== undefined && { statusCallback }),
    })
    const { pin, moderatorPin } = conference.record.options
    await goIn(run, conference, { pins: [pin, moderatorPin], options: {} })
  }

/** The verb: into a conference; the list goes on when it is over. */
export async function conferenceVerb(run: Run, verb: ConferenceVerb): Promise<void> {
  if (!(await answer(run))) return
  await goIn(run, await conferenceOf(run, verb), {
    pins: [verb.pin ?? null, null],
    options: verb.options,
  })
}

/** Failure `not_found`. */
async function conferenceOf(run: Run, verb: ConferenceVerb): Promise<LiveConference> {
  const { account } = run.call.made
  if (verb.conferenceId === undefined) {
    return conferenceNamed(run, account, {
      friendlyName: verb.name ?? '',
      ...(verb.room && { options: verb.room }),
      ...(verb.statusCallback !== undefined && { statusCallback: verb.statusCallback }),
    })
  }
  const conference = run.calls.conferences.get(verb.conferenceId as ConferenceId)
  if (conference?.account.id !== account.id) {
    throw new Failure('not_found', 'there is no such conference', 'conference_id')
  }
  return conference
}

interface Wish {
  /** What he has to enter to be a member, or a moderator; with neither he is not asked. */
  readonly pins: readonly [member: string | null, moderator: string | null]
  readonly options: Partial<ParticipantOptions>
}

/** Past the door, in, and out again. A refusal is spoken, and that was it. */
async function goIn(run: Run, conference: LiveConference, { pins, options }: Wish): Promise<void> {
  try {
    requireOpenDoor(conference)
    const as = await askPin(run, ...pins)
    if (as === undefined || run.signal.aborted) return
    const namePath = await askName(run, conference)
    const moderator = options.moderator === true || as === 'moderator'
    const member = new Member(run.call, { ...options, moderator }, 'connecting')
    member.namePath = namePath
    await conference.enqueue(async () => {
      requireOpenDoor(conference)
      seat(run, conference, member)
    })
    await stay(run, conference, member)
  } catch (error) {
    if (!run.signal.aborted) await refuse(run, error)
  }
}
