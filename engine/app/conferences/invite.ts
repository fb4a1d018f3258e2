import type { Participant, ParticipantStatus } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type { Account } from '../../core/ports/store.ts'
import { checkExtraHeaders } from '../../core/sip-headers.ts'
import { begunAs } from '../begun.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import { requireOwned } from '../route.ts'
import type { Around } from './around.ts'
import type { NewParticipant } from './desk.ts'
import { requireOpenDoor, seat, stayIfLetIn } from './join.ts'
import { leave } from './leave.ts'
import type { LiveConference } from './live-conference.ts'
import { Member } from './member.ts'
import { checkParticipant, optionsIn } from './participant-options.ts'
import { bringIn } from './wait.ts'

/** Calls somebody into a conference. Failures as in desk.ts. */
export async function invite(
  around: Around,
  account: Account,
  conference: LiveConference,
  wanted: NewParticipant,
): Promise<Participant> {
  const { ports, calls } = around
  if (await begunAs(ports, account, wanted.id)) return begunBefore(conference, wanted.id)
  await requireOwned(ports, account, wanted.from)
  if (wanted.headers) checkExtraHeaders(wanted.headers, 'headers')
  const options = optionsIn(wanted)
  checkParticipant(conference, undefined, options)
  await conference.enqueue(async () => {
    requireOpenDoor(conference, options.moderator === true)
    conference.reserved += 1
  })
  let isReserved = true
  const giveBack = () => {
    if (isReserved) conference.reserved -= 1
    isReserved = false
  }
  const member = Promise.withResolvers<Member>()
  member.promise.catch(() => undefined)
  try {
    const call = await originate(ports, calls, {
      account,
      ...(wanted.id !== undefined && { id: wanted.id }),
      to: wanted.to,
      from: wanted.from,
      ringTimeoutMs: wanted.ringTimeoutMs ?? ports.settings.ringTimeoutMs,
      program: async (run) => {
        const one = await member.promise.catch(() => undefined)
        if (one) await stayIfLetIn(run, conference, one)
      },
      onRinging: () => {
        const rings = (one: Member) => moved(conference, one, 'ringing')
        member.promise.then(rings, () => undefined)
      },
      ...(wanted.headers && { headers: wanted.headers }),
    })
    const made = new Member(call, options, 'queued')
    await conference.enqueue(async () => {
      giveBack()
      // It has ended while the call was made.
      if (conference.isOver) call.feed({ is: 'hangup', by: 'program' })
      if (conference.isOver) throw new Failure('conference_ended', 'the conference is over')
      seat(around, conference, made)
    })
    member.resolve(made)
    attend(around, conference, made, wanted.earlyMedia === true)
    return made.shown(conference.id)
  } catch (error) {
    member.reject(error)
    throw error
  } finally {
    giveBack()
  }
}

/** He was called by the same request before. Failure `call_ended`. */
function begunBefore(conference: LiveConference, id: CallId | undefined): Participant {
  const member = id && conference.members.get(id)
  if (member) return member.shown(conference.id)
  throw new Failure('call_ended', 'he was called before by this request, and that call is over')
}

/** While he is being called: his status, his early media, and his place when nothing comes of it. */
function attend(
  around: Around,
  conference: LiveConference,
  member: Member,
  earlyMedia: boolean,
): void {
  const { call } = member
  call.enqueue(async () => moved(conference, member, 'connecting'))
  if (conference.isOver && call.state.at !== 'up') call.feed({ is: 'hangup', by: 'program' })
  void call.ended.then(() => {
    conference.later(() => leave(around, conference, member, 'hung_up'))
  })
  if (!earlyMedia) return
  void call.heardEarly.promise.then(() =>
    conference.later(() => letHear(around, conference, member, call)),
  )
}

/** The room hears his phone, and he nothing yet. */
async function letHear(
  around: Around,
  conference: LiveConference,
  member: Member,
  call: LiveCall,
): Promise<void> {
  if (member.isConnected || !conference.members.has(call.id) || call.over.aborted) return
  if (!conference.isOpen) return
  const early = { ...member.mixed, deaf: true }
  await bringIn(around, conference, member, early)
}

const order: readonly ParticipantStatus[] = ['queued', 'connecting', 'ringing', 'connected']

/** Only ever onward: what is told late is of no interest. */
function moved(conference: LiveConference, member: Member, status: 'connecting' | 'ringing'): void {
  const at = order.indexOf(member.status)
  if (at === -1 || at >= order.indexOf(status)) return
  member.status = status
  conference.follow.memberChanged(member.call.id)
}
