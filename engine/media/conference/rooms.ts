import { Failure } from '../../core/failures.ts'
import type { CallId, ConferenceId } from '../../core/ids.ts'
import type { Leg } from '../leg/leg.ts'
import type { OpenRecorder } from '../leg/recorder.ts'
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
  | 'setRoomRecording'
  | 'stopRoomRecording'
  | 'levels'

/** What the media thread does for each command about rooms. */
export type RoomHandlers = {
  [Name in RoomCommand]: (ask: Commands[Name]['ask']) => Answer<Name> | Promise<Answer<Name>>
}

interface RoomsEnvironment {
  readonly legs: ReadonlyMap<CallId, Leg>
  readonly openRecorder: OpenRecorder
  /** When the last tick was due, on the clock that all threads have. */
  readonly tickedAtMs: () => number
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

  /** So many ticks were left out: recordings keep their time. */
  skip(ticks: number): void {
    for (const room of this.#ticking) room.skip(ticks)
  }

  /** Ends all rooms; resolves when their recordings are complete. */
  async close(): Promise<void> {
    await Promise.all([...this.#rooms.keys()].map((room) => this.#close(room)))
  }

  readonly handlers: RoomHandlers = {
    openRoom: ({ room, options }) => {
      const known = this.#rooms.get(room)
      if (known) known.options = options
      else this.#open(room, options)
      return null
    },
    closeRoom: async ({ room }) => {
      await this.#close(room)
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
    playToRoom: ({ room, sound }) => this.#rooms.get(room)?.play(sound) ?? 'legClosed',
    stopRoom: ({ room }) => {
      this.#rooms.get(room)?.stopSound()
      return null
    },
    recordRoom: async ({ room, recordingId, path, file, standing }) => {
      await this.#rooms.get(room)?.recording.start(recordingId, path, file, standing)
      return null
    },
    setRoomRecording: ({ room, mode }) => this.#rooms.get(room)?.recording.set(mode) ?? null,
    stopRoomRecording: async ({ room }) => {
      await this.#rooms.get(room)?.recording.stop()
      return null
    },
    levels: ({ room }) => this.#rooms.get(room)?.levels() ?? [],
  }

  async #close(id: ConferenceId): Promise<void> {
    const room = this.#rooms.get(id)
    if (!room) return
    this.#rooms.delete(id)
    this.#ticking.splice(this.#ticking.indexOf(room), 1)
    await room.close()
  }

  #open(id: ConferenceId, options: Commands['openRoom']['ask']['options']): void {
    const left = (leg: CallId): void => {
      this.#seats.delete(leg)
    }
    const { tell, openRecorder, tickedAtMs } = this.#env
    const room = new Room(id, options, { tell, openRecorder, tickedAtMs, left })
    this.#rooms.set(id, room)
    this.#ticking.push(room)
  }
}
