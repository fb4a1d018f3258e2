import { Failure } from '../../core/failures.ts'
import type { CallId, ConferenceId } from '../../core/ids.ts'
import type {
  MemberLevel,
  MemberOptions,
  PlayOutcome,
  RoomOptions,
} from '../../core/ports/media.ts'
import type { Leg } from '../leg/leg.ts'
import type { CommandName, Commands } from '../messages.ts'

type Answer<Name extends CommandName> = Commands[Name]['answer']
type RoomCommand =
  | 'openRoom'
  | 'closeRoom'
  | 'joinRoom'
  | 'changeMember'
  | 'leaveRoom'
  | 'playToRoom'
  | 'stopRoom'
  | 'recordRoom'
  | 'stopRoomRecording'
  | 'levels'

/** What the media thread does for each command about rooms. */
export type RoomHandlers = {
  [Name in RoomCommand]: (ask: Commands[Name]['ask']) => Answer<Name> | Promise<Answer<Name>>
}

/** The conferences of one media thread. */
export class Rooms {
  readonly #legs: ReadonlyMap<CallId, Leg>
  readonly #options = new Map<ConferenceId, RoomOptions>()

  constructor(legs: ReadonlyMap<CallId, Leg>) {
    this.#legs = legs
  }

  /** Between the legs' two halves of a tick. */
  tick(_dueMs: number): void {}

  readonly handlers: RoomHandlers = {
    openRoom: ({ room, options }) => {
      this.#options.set(room, options)
      return null
    },
    closeRoom: ({ room }) => {
      this.#options.delete(room)
      return null
    },
    joinRoom: ({ room, leg, options }) => this.#join(room, leg, options),
    changeMember: () => null,
    leaveRoom: () => null,
    playToRoom: (): PlayOutcome => 'legClosed',
    stopRoom: () => null,
    recordRoom: () => null,
    stopRoomRecording: () => null,
    levels: (): readonly MemberLevel[] => [],
  }

  #join(room: ConferenceId, leg: CallId, _options: MemberOptions): null {
    if (!this.#options.has(room)) throw new Failure('not_found', 'The room is not open')
    if (!this.#legs.has(leg)) throw new Failure('call_ended', 'The leg is closed')
    return null
  }
}
