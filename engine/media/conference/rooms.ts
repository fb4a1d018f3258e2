import { Failure } from '../../core/failures.ts'
import type { CallId, ConferenceId } from '../../core/ids.ts'
import type { PlayOutcome } from '../../core/ports/media.ts'
import type { Leg } from '../leg/leg.ts'
import type { CommandName, Commands, Notice } from '../messages.ts'
import { Room } from './room.ts'

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

interface RoomsEnvironment {
  readonly legs: ReadonlyMap<CallId, Leg>
  readonly tell: (notice: Notice) => void
}

/** The conferences of one media thread. */
export class Rooms {
  readonly #env: RoomsEnvironment
  readonly #rooms = new Map<ConferenceId, Room>()
  /** The same rooms for the tick, which must not make an iterator. */
  readonly #ticking: Room[] = []
  /** In which room a leg is. */
  readonly #seats = new Map<CallId, Room>()

  constructor(env: RoomsEnvironment) {
    this.#env = env
  }

  /** Between the legs' two halves of a tick. */
  tick(_dueMs: number): void {
    const rooms = this.#ticking
    for (let n = 0; n < rooms.length; n++) rooms[n]!.tick()
  }

  readonly handlers: RoomHandlers = {
    openRoom: ({ room, options }) => {
      const known = this.#rooms.get(room)
      if (known) known.options = options
      else this.#open(room, options)
      return null
    },
    closeRoom: ({ room }) => {
      const known = this.#rooms.get(room)
      if (!known) return null
      known.close()
      this.#rooms.delete(room)
      this.#ticking.splice(this.#ticking.indexOf(known), 1)
      return null
    },
    joinRoom: ({ room, leg, options }) => {
      const known = this.#rooms.get(room)
      const joining = this.#env.legs.get(leg)
      if (!known) throw new Failure('not_found', 'The room is not open')
      if (!joining) throw new Failure('call_ended', 'The leg is closed')
      known.join(leg, joining, options)
      this.#seats.set(leg, known)
      return null
    },
    changeMember: ({ leg, options }) => {
      this.#seats.get(leg)?.change(leg, options)
      return null
    },
    leaveRoom: ({ leg }) => {
      this.#seats.get(leg)?.leave(leg)
      return null
    },
    playToRoom: (): PlayOutcome => 'legClosed',
    stopRoom: () => null,
    recordRoom: () => null,
    stopRoomRecording: () => null,
    levels: ({ room }) => this.#rooms.get(room)?.levels() ?? [],
  }

  #open(id: ConferenceId, options: Commands['openRoom']['ask']['options']): void {
    const left = (leg: CallId): void => {
      this.#seats.delete(leg)
    }
    const room = new Room(id, options, { tell: this.#env.tell, left })
    this.#rooms.set(id, room)
    this.#ticking.push(room)
  }
}
