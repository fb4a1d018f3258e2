import type { CallRecord } from '../../core/call.ts'
import type { ParticipantOptions } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type { Sound } from '../../core/ports/media.ts'
import type { Account, ListenNotice } from '../../core/ports/store.ts'
import type { Around } from '../conferences/around.ts'
import { invite } from '../conferences/invite.ts'
import { requireOpenDoor, seat, stayIfLetIn } from '../conferences/join.ts'
import type { LiveConference } from '../conferences/live-conference.ts'
import { Member } from '../conferences/member.ts'
import { checkParticipant } from '../conferences/participant-options.ts'
import { find, requireStillUp, requireUp } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import type { Ports } from '../ports.ts'
import { type Run, untilOver } from '../program.ts'
import { soundOfPhrase } from '../speech/phrase-sounds.ts'
import { callerIdOf } from '../transfer.ts'
import { type ListenMode, ListenRoom } from './listen-room.ts'

export interface Listen {
  /** The supervisor: E.164, `sip:` URI or device name. */
  readonly to: string
  readonly mode: ListenMode
  /** Both who talk hear a tone when he comes; what the account has set goes before it. */
  readonly beep?: boolean
}

/**
 * Calls a supervisor, who hears the call from his answer on; with the end of the call his ends. In a conference he is
 * a member: muted, as a coach, or as any other. The call's log tells who, when and how. Resolves to the supervisor's
 * call. Failures `not_found`, `call_ended`, `call_not_answered`, those of `originate` and of conferences.
 */
export async function listenTo(
  around: Around,
  account: Account,
  id: CallId,
  { to, mode, beep = false }: Listen,
): Promise<CallRecord> {
  const { ports, calls } = around
  const watched = await requireUp(ports, calls, account.id, id)
  const place = calls.conferences.placeOf(id)
  if (place?.member.isConnected) {
    const as = asMember(mode, id)
    const from = callerIdOf(watched, to)
    const { callId } = await invite(around, account, place.conference, { to, from, ...as })
    tell(watched, to, callId, mode)
    await chime(ports, watched, place.conference, beep)
    return find(ports, account.id, callId)
  }
  const call = await originate(ports, calls, {
    account,
    to,
    from: callerIdOf(watched, to),
    ringTimeoutMs: ports.settings.ringTimeoutMs,
    program: (run) => listen(run, watched, { to, mode, beep }),
  })
  return call.record
}

/** What he is in a conference. */
const asMember = (mode: ListenMode, watched: CallId): Partial<ParticipantOptions> =>
  ({ listen: { muted: true }, whisper: { coaching: watched }, barge: {} })[mode]

/** A supervisor who has answered, until he or the watched call is gone; wherever that goes meanwhile. */
async function listen(run: Run, watched: LiveCall, wanted: Required<Listen>): Promise<void> {
  const { call, calls } = run
  requireStillUp(watched)
  const hangUp = () => call.feed({ is: 'hangup', by: 'peer' })
  watched.over.addEventListener('abort', hangUp, { once: true })
  try {
    const place = calls.conferences.placeOf(watched.id)
    const conference = place?.member.isConnected
      ? place.conference
      : await listenHere(run, watched, wanted)
    if (conference) await listenInside(run, watched, conference, wanted)
  } finally {
    watched.over.removeEventListener('abort', hangUp)
  }
}

/** In a room with the watched one and whoever talks to it; until it goes into a conference, which is returned. */
async function listenHere(
  run: Run,
  watched: LiveCall,
  { to, mode, beep }: Required<Listen>,
): Promise<LiveConference | undefined> {
  const { call, ports } = run
  const room = watched.acts.room ?? new ListenRoom(ports, watched)
  try {
    tell(watched, to, call.id, mode)
    await room.enter(call, mode)
    await giveNotice(run, watched, beep)
    const over = untilOver(run).then(() => undefined)
    return await Promise.race([room.moved, over])
  } finally {
    await room.leave(call)
    watched.enqueue(() => watched.note('call.unlistened', { by: to, listener: call.id }))
  }
}

/** As a member of the conference in which the watched one is; whoever does not get in is hung up. */
async function listenInside(
  run: Run,
  watched: LiveCall,
  conference: LiveConference,
  { to, mode, beep }: Required<Listen>,
): Promise<void> {
  const { call, ports } = run
  const options = asMember(mode, watched.id)
  const member = new Member(call, options, 'connecting')
  try {
    checkParticipant(conference, call.id, options)
    await conference.enqueue(async () => {
      requireOpenDoor(conference, false)
      seat(run, conference, member)
    })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    ports.log.info('listener not let into the conference', {
      callId: call.id,
      error: error.message,
    })
    return
  }
  tell(watched, to, call.id, mode)
  await chime(ports, watched, conference, beep)
  await stayIfLetIn(run, conference, member)
}

async function chime(
  ports: Ports,
  watched: LiveCall,
  { sounds }: LiveConference,
  beep: boolean,
): Promise<void> {
  const notice = await noticeFor(ports, watched, beep)
  if (notice) sounds.chime(await soundOfNotice(ports, watched, notice))
}

async function giveNotice({ ports }: Run, watched: LiveCall, beep: boolean): Promise<void> {
  const notice = await noticeFor(ports, watched, beep)
  if (!notice) return
  const both = [watched, watched.partner].filter((call) => call !== undefined)
  await Promise.all(both.map((call) => tellOfListener(ports, call, notice)))
}

async function tellOfListener(ports: Ports, call: LiveCall, notice: ListenNotice): Promise<void> {
  const sound = await soundOfNotice(ports, call, notice)
  ports.media.playOver(call.id, sound).catch((error: unknown) => {
    ports.log.warn('nobody was told of a listener', { callId: call.id, error: String(error) })
  })
}

/** What both who talk hear of it: as their account has set it, or as the supervisor wishes. */
async function noticeFor(
  { store }: Ports,
  watched: LiveCall,
  beep: boolean,
): Promise<ListenNotice | undefined> {
  const account = await store.accounts.get(watched.made.account.id)
  return account?.listenNotice ?? (beep ? 'beep' : undefined)
}

async function soundOfNotice(
  ports: Ports,
  { spokenIn }: LiveCall,
  notice: ListenNotice,
): Promise<Sound> {
  if (notice === 'beep') return { kind: 'tone', tone: 'beep' }
  return soundOfPhrase(ports, spokenIn, ({ call }) => call.supervised)
}

const tell = (watched: LiveCall, by: string, listener: CallId, mode: ListenMode): void =>
  watched.enqueue(() => watched.note('call.listened', { by, listener, mode }))
