import type { ParticipantOptions } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { ConferenceId } from '../../core/ids.ts'
import type { ConferenceRoute } from '../../core/ports/store.ts'
import type { ConferenceVerb } from '../../core/verbs.ts'
import type { Program, Run } from '../program.ts'
import { answer } from '../verbs/answer.ts'
import { conferenceNamed } from './create.ts'
import { askName, askPin, refuse, refusePin } from './door.ts'
import { requireOpenDoor, seat, stay } from './join.ts'
import { discard } from './leave.ts'
import type { LiveConference } from './live-conference.ts'
import { Member } from './member.ts'
import { waitMusicIn } from './wait-document.ts'

/** What a call to a number does whose route is a conference. */
export const callIn =
  ({ name, options, statusCallback }: ConferenceRoute): Program =>
  (run) =>
    goIn(run, {
      isNamed: true,
      find: () =>
        conferenceNamed(run, run.call.made.account, {
          friendlyName: name,
          ...(options && { options }),
          ...(statusCallback !== undefined && { statusCallback }),
        }),
      pins: [options?.pin ?? null, options?.moderatorPin ?? null],
      options: {},
    })

/** The verb: into a conference; the list goes on when it is over. */
export const conferenceVerb = (run: Run, verb: ConferenceVerb): Promise<void> =>
  goIn(run, {
    isNamed: verb.conferenceId === undefined,
    find: () => conferenceOf(run, verb),
    pins: [verb.pin ?? null, verb.room?.moderatorPin ?? null],
    options: verb.options,
    endsOnExit: verb.endOnExit ?? false,
  })

/** Failure `not_found`. */
async function conferenceOf(run: Run, verb: ConferenceVerb): Promise<LiveConference> {
  const { account } = run.call.made
  if (verb.conferenceId === undefined) {
    const { name = '', room } = verb
    const music = await waitMusicFor(run, verb)
    return conferenceNamed(run, account, {
      friendlyName: name,
      ...((room || music) && { options: { ...room, ...(music && { waitMusic: music }) } }),
      ...(verb.statusCallback !== undefined && { statusCallback: verb.statusCallback }),
      ...(verb.callbacks && { callbacks: verb.callbacks }),
    })
  }
  const conference = run.calls.conferences.get(verb.conferenceId as ConferenceId)
  if (conference?.account.id !== account.id) {
    throw new Failure('not_found', 'there is no such conference', 'conference_id')
  }
  return conference
}

/** Of one that is there already it is known. */
async function waitMusicFor(
  run: Run,
  { name = '', waitDocument }: ConferenceVerb,
): Promise<string | undefined> {
  const { account } = run.call.made
  if (!waitDocument || run.calls.conferences.byName(account.id, name)) return undefined
  return waitMusicIn(run, name, waitDocument)
}

type Pins = readonly [member: string | null, moderator: string | null]

interface Wish {
  find(): Promise<LiveConference>
  /** Of that name there is a new one when it is over. */
  readonly isNamed: boolean
  /** Of the number or verb: what he has to enter where the room has none of its own. */
  readonly pins: Pins
  readonly options: Partial<ParticipantOptions>
  readonly endsOnExit?: boolean
}

interface Passed {
  readonly conference: LiveConference
  readonly as: 'member' | 'moderator'
}

/** Past the door, in, and out again. A refusal is spoken, and that was it. */
async function goIn(run: Run, wish: Wish): Promise<void> {
  const passed = await refusing(run, () => passDoor(run, wish))
  if (passed === undefined) return
  await refusing(run, async () => {
    const { conference, as } = passed
    const moderator = isModerator(wish, as)
    requireWelcome(run, conference, moderator)
    const member = new Member(run.call, { ...wish.options, moderator }, 'connecting')
    member.endsOnExit = wish.endsOnExit ?? false
    member.namePath = await askName(run, conference)
    await sitDown(run, conference, member)
    await stay(run, conference, member)
  })
}

const isModerator = ({ options }: Wish, as: Passed['as']): boolean =>
  options.moderator === true || as === 'moderator'

/** What is asked: a room's own PINs go before those of the way to it. With neither he is not asked. */
function pinsAt({ record }: LiveConference, { pins, options }: Wish): Pins {
  const { pin, moderatorPin } = record.options
  if (pin !== null) return [pin, moderatorPin]
  const [member, ofWay] = pins
  const moderator = moderatorPin ?? ofWay
  // Whoever is one anyway need not prove it, and who enters what all enter is none.
  const isNeeded = options.moderator !== true && moderator !== member
  return [member, isNeeded ? moderator : null]
}

/** Failures of `requireOpenDoor`; who looks at the log finds them there. */
function requireWelcome(run: Run, conference: LiveConference, asModerator: boolean): void {
  try {
    requireOpenDoor(conference, asModerator)
  } catch (error) {
    if (error instanceof Failure) tellRefusal(run, conference, error.code)
    throw error
  }
}

/** Of one that is over nothing more is told. */
function tellRefusal(run: Run, conference: LiveConference, reason: string): void {
  const who = new Member(run.call, {}, 'failed')
  conference.later(async () => {
    if (conference.isOver) return
    await conference.commit([conference.told('participant.refused', { reason }, who)])
  })
}

async function refusing<Result>(
  run: Run,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!run.signal.aborted) await refuse(run, error)
    return undefined
  }
}

/** Undefined: he may not come in, and has been told. */
async function passDoor(run: Run, wish: Wish): Promise<Passed | undefined> {
  // Keys that are pressed before he is let in are those of a PIN.
  const show = run.call.digits.hide()
  try {
    if (!(await answer(run))) return undefined
    return await askedAtDoor(run, wish)
  } finally {
    show()
  }
}

/** While he is asked the room may end; there may be a new one then, with other PINs. */
async function askedAtDoor(run: Run, wish: Wish): Promise<Passed | undefined> {
  const { find, isNamed } = wish
  let conference = await find()
  for (;;) {
    run.call.spokenIn = conference.record.options
    const asked = pinsAt(conference, wish)
    // He may show to be a moderator, whom no lock keeps out.
    requireWelcome(run, conference, wish.options.moderator === true || asked[1] !== null)
    const as = await askPin(run, conference.record.friendlyName, ...asked)
    if (as === 'refused') {
      tellRefusal(run, conference, 'wrong_pin')
      await refusePin(run)
      return undefined
    }
    if (as === undefined || run.signal.aborted) return undefined
    if (conference.isOver && isNamed) conference = await find()
    const now = pinsAt(conference, wish)
    if (asked[0] === now[0] && asked[1] === now[1]) return { conference, as }
  }
}

async function sitDown(run: Run, conference: LiveConference, member: Member): Promise<void> {
  try {
    await conference.enqueue(async () => {
      requireWelcome(run, conference, member.options.moderator)
      seat(run, conference, member)
    })
  } catch (error) {
    if (member.namePath !== undefined) discard(run, member.namePath)
    throw error
  }
}
