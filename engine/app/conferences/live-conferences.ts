import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId, ConferenceId, RecordingId } from '../../core/ids.ts'
import type { RecordOutcome } from '../../core/ports/media.ts'
import { conferencePins, PinGuard, type PinGuardPorts } from '../pin-guard.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'

/** Pages that look on, in all. */
const mostFollowers = 1_000

/** The conferences that are not over, and who is where. */
export class LiveConferences {
  readonly #byId = new Map<ConferenceId, LiveConference>()
  readonly #places = new Map<CallId, { conference: LiveConference; member: Member }>()
  /** Rooms that are being made for somebody who asked for them by name. */
  readonly making = new Map<string, Promise<LiveConference>>()
  /** Recordings of whole rooms that are still being written. */
  readonly recordings = new Map<
    RecordingId,
    { conference: LiveConference; saved(): void; spansKept?: Promise<void> }
  >()
  /** Names that are being spoken at the door. */
  readonly names = new Map<RecordingId, (outcome: RecordOutcome) => void>()
  readonly pinGuard: PinGuard
  #followers = 0

  constructor(ports: PinGuardPorts) {
    this.pinGuard = new PinGuard(ports, conferencePins)
  }

  add(conference: LiveConference): void {
    this.#byId.set(conference.id, conference)
  }

  remove(conference: LiveConference): void {
    this.#byId.delete(conference.id)
  }

  get(id: ConferenceId): LiveConference | undefined {
    return this.#byId.get(id)
  }

  all(): LiveConference[] {
    return [...this.#byId.values()]
  }

  of(account: AccountId): LiveConference[] {
    return this.all().filter((conference) => conference.account.id === account)
  }

  /** The newest of that name into which one could go. */
  byName(account: AccountId, name: string): LiveConference | undefined {
    return this.of(account).findLast(
      ({ isOver, record }) => !isOver && record.friendlyName === name,
    )
  }

  seat(conference: LiveConference, member: Member): void {
    this.#places.set(member.call.id, { conference, member })
  }

  unseat(member: Member): void {
    if (this.#places.get(member.call.id)?.member === member) this.#places.delete(member.call.id)
  }

  placeOf(callId: CallId): { conference: LiveConference; member: Member } | undefined {
    return this.#places.get(callId)
  }

  get size(): number {
    return this.#byId.size
  }

  get members(): number {
    return this.#places.size
  }

  /** One more looks on. Returns how he stops. Failure `limit_reached`. */
  beginFollowing(): () => void {
    if (this.#followers >= mostFollowers) {
      throw new Failure('limit_reached', 'too many pages look at conferences')
    }
    this.#followers += 1
    let isOver = false
    return () => {
      if (!isOver) this.#followers -= 1
      isOver = true
    }
  }
}
