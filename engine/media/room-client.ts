import { Failure } from '../core/failures.ts'
import type { CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import {
  type MediaEvents,
  type MemberLevel,
  type MemberOptions,
  type PlayOutcome,
  plainRecordFile,
  type RecordFile,
  type RecordMode,
  type RoomOptions,
  type Rooms,
  type Sound,
} from '../core/ports/media.ts'
import type { RecordingSpan } from '../core/ports/recordings.ts'
import { freshStanding, type Standing } from './leg/standing.ts'
import type { Commands } from './messages.ts'
import { cutRecording } from './threads/cut-recording.ts'
import { InThread } from './threads/in-thread.ts'
import type { Mover } from './threads/mover.ts'
import type { OpenLeg } from './threads/open-leg.ts'
import { leastLoaded } from './threads/placement.ts'
import type { Slot } from './threads/slot.ts'

interface RoomClientOptions {
  readonly slots: readonly Slot[]
  readonly mover: Mover
  readonly events: Pick<MediaEvents, 'roomRecordingEnded'>
  leg(callId: CallId): OpenLeg | undefined
  /** All legs that are open. */
  legs(): Iterable<OpenLeg>
}

interface RoomRecording {
  readonly id: RecordingId
  readonly path: string
  readonly file: RecordFile
  /** As its thread has told last. */
  standing: Standing
}

/** A room as the main thread knows it: enough to open it anew in another media thread. */
class OpenRoom extends InThread {
  readonly id: ConferenceId
  options: RoomOptions
  playing: object | undefined
  recording: RoomRecording | undefined

  constructor(id: ConferenceId, slot: Slot, options: RoomOptions) {
    super(slot)
    this.id = id
    this.options = options
  }
}

/** The rooms of the media threads, as the main thread sees them: each lives in one, and its members come there. */
export class RoomClient implements Rooms {
  readonly #options: RoomClientOptions
  readonly #rooms = new Map<ConferenceId, OpenRoom>()
  /** Whose end their threads have not told yet. */
  readonly #closing = new Map<ConferenceId, OpenRoom>()

  constructor(options: RoomClientOptions) {
    this.#options = options
  }

  async openRoom(id: ConferenceId, options: RoomOptions): Promise<void> {
    const there = this.#rooms.get(id)
    const slot = there?.slot ?? leastLoaded(this.#options.slots)
    if (!slot) throw new Failure('no_media_port', 'There is no media thread')
    const room = there ?? new OpenRoom(id, slot, options)
    room.options = options
    this.#rooms.set(id, room)
    try {
      await room.ask('openRoom', { room: id, options })
    } catch (error) {
      if (!there) this.#rooms.delete(id)
      throw error
    }
  }

  async closeRoom(id: ConferenceId): Promise<void> {
    const room = this.#rooms.get(id)
    if (!room) return
    this.#rooms.delete(id)
    for (const leg of this.#options.legs()) if (leg.member?.room === id) leg.member = undefined
    this.#closing.set(id, room)
    await room.ask('closeRoom', { room: id }, null)
    if (this.#closing.get(id) === room) this.#closing.delete(id)
    const { recording } = room
    // Its thread has died, or it would have told.
    if (recording) this.#options.events.roomRecordingEnded(id, cutRecording(recording))
  }

  async joinRoom(id: ConferenceId, callId: CallId, options: MemberOptions): Promise<void> {
    const leg = this.#options.leg(callId)
    const room = this.#rooms.get(id)
    if (!room) throw new Failure('not_found', 'The room is not open')
    if (!leg) throw new Failure('call_ended', 'The leg is closed')
    leg.unbridge()
    const member = { room: id, options }
    leg.member = member
    try {
      await this.#join(room, leg)
    } catch (error) {
      // He is not to come in later, when his thread is up again.
      if (leg.member === member) leg.member = undefined
      throw error
    }
  }

  async changeMember(callId: CallId, options: MemberOptions): Promise<void> {
    const leg = this.#options.leg(callId)
    if (!leg?.member) return
    leg.member.options = options
    await leg.ask('changeMember', { leg: callId, options }, null)
  }

  async leaveRoom(callId: CallId): Promise<void> {
    const leg = this.#options.leg(callId)
    if (!leg) return
    leg.member = undefined
    await leg.ask('leaveRoom', { leg: callId }, null)
  }

  async playToRoom(id: ConferenceId, sound: Sound): Promise<PlayOutcome> {
    const room = this.#rooms.get(id)
    if (!room) return 'legClosed'
    const playing = {}
    room.playing = playing
    for (;;) {
      const { epoch } = room
      const outcome = await room.ask('playToRoom', { room: id, sound }, 'legClosed')
      await room.gate
      const again = room.playing === playing && this.#rooms.get(id) === room
      if (outcome !== 'legClosed' || room.epoch === epoch || !again) return outcome
      await room.restored
    }
  }

  stopRoom(id: ConferenceId): void {
    const room = this.#rooms.get(id)
    if (!room) return
    room.playing = undefined
    room.ask('stopRoom', { room: id }, null).catch(() => undefined)
  }

  async recordRoom(
    id: ConferenceId,
    recordingId: RecordingId,
    path: string,
    file: RecordFile = plainRecordFile,
  ): Promise<void> {
    const room = this.#rooms.get(id)
    if (!room) return
    room.recording = { id: recordingId, path, file, standing: freshStanding() }
    await room.ask('recordRoom', { room: id, recordingId, path, file }, null)
  }

  async setRoomRecording(
    id: ConferenceId,
    mode: RecordMode,
  ): Promise<readonly RecordingSpan[] | null> {
    return (await this.#surely(id, 'setRoomRecording', { room: id, mode })) ?? null
  }

  async stopRoomRecording(id: ConferenceId): Promise<void> {
    await this.#surely(id, 'stopRoomRecording', { room: id })
  }

  async #surely<Name extends 'setRoomRecording' | 'stopRoomRecording'>(
    id: ConferenceId,
    is: Name,
    ask: Commands[Name]['ask'],
  ): Promise<Commands[Name]['answer'] | undefined> {
    const room = this.#rooms.get(id)
    return room && (await room.askSurely(is, ask, null, () => this.#rooms.get(id) === room))
  }

  async levels(id: ConferenceId): Promise<readonly MemberLevel[]> {
    return (await this.#rooms.get(id)?.ask('levels', { room: id }, [])) ?? []
  }

  /** The recording of a room has ended by itself, or by our wish. */
  recordingEnded(id: ConferenceId, recordingId: RecordingId): void {
    const room = this.#rooms.get(id) ?? this.#closing.get(id)
    if (room?.recording?.id === recordingId) room.recording = undefined
  }

  recordingStands(id: ConferenceId, recordingId: RecordingId, standing: Standing): void {
    const recording = this.#rooms.get(id)?.recording
    if (recording?.id === recordingId) recording.standing = standing
  }

  /** The thread of `slot` has died: its rooms are opened anew in the next one. Resolves when they are. */
  died(slot: Slot): Promise<unknown> {
    const reopened = [...this.#rooms.values()]
      .filter((room) => room.slot === slot)
      .map((room) => {
        room.epoch += 1
        const { id } = room
        const restored = room.exclusively(async () => {
          if (this.#rooms.get(id) !== room) return
          await slot.ask('openRoom', { room: id, options: room.options })
          await this.#goOnRecording(room)
        })
        room.restored = restored.catch(() => undefined)
        return restored
      })
    return Promise.allSettled(reopened)
  }

  /** A leg that was built anew is a member again. */
  async rejoin(leg: OpenLeg): Promise<void> {
    const room = leg.member && this.#rooms.get(leg.member.room)
    if (room) await this.#join(room, leg)
  }

  clear(): void {
    this.#rooms.clear()
  }

  async #join(room: OpenRoom, leg: OpenLeg): Promise<void> {
    while (room.gate !== undefined) await room.gate
    await this.#options.mover.bring(leg, room.slot)
    const { id } = room
    // Meanwhile it may have been wished elsewhere.
    if (leg.member?.room !== id) return
    await leg.ask('joinRoom', { room: id, leg: leg.id, options: leg.member.options })
  }

  async #goOnRecording({ id, slot, recording }: OpenRoom): Promise<void> {
    if (!recording || !this.#rooms.has(id)) return
    const { id: recordingId, ...terms } = recording
    await slot.ask('recordRoom', { room: id, recordingId, ...terms })
  }
}
