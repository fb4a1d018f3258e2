import type { CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type {
  MemberLevel,
  MemberOptions,
  PlayOutcome,
  RoomOptions,
  Rooms,
  Sound,
} from '../core/ports/media.ts'
import type { ThreadLink } from './thread-link.ts'

/** The rooms of a media thread, as the main thread sees them: each command is a message. */
export class RoomClient implements Rooms {
  readonly #thread: Pick<ThreadLink, 'ask'>

  constructor(thread: Pick<ThreadLink, 'ask'>) {
    this.#thread = thread
  }

  async openRoom(room: ConferenceId, options: RoomOptions): Promise<void> {
    await this.#thread.ask('openRoom', { room, options })
  }

  async closeRoom(room: ConferenceId): Promise<void> {
    await this.#thread.ask('closeRoom', { room }, null)
  }

  async joinRoom(room: ConferenceId, leg: CallId, options: MemberOptions): Promise<void> {
    await this.#thread.ask('joinRoom', { room, leg, options })
  }

  async changeMember(leg: CallId, options: MemberOptions): Promise<void> {
    await this.#thread.ask('changeMember', { leg, options }, null)
  }

  async leaveRoom(leg: CallId): Promise<void> {
    await this.#thread.ask('leaveRoom', { leg }, null)
  }

  playToRoom(room: ConferenceId, sound: Sound): Promise<PlayOutcome> {
    return this.#thread.ask('playToRoom', { room, sound }, 'legClosed')
  }

  stopRoom(room: ConferenceId): void {
    this.#thread.ask('stopRoom', { room }, null).catch(() => undefined)
  }

  async recordRoom(room: ConferenceId, recordingId: RecordingId, path: string): Promise<void> {
    await this.#thread.ask('recordRoom', { room, recordingId, path }, null)
  }

  async stopRoomRecording(room: ConferenceId): Promise<void> {
    await this.#thread.ask('stopRoomRecording', { room }, null)
  }

  levels(room: ConferenceId): Promise<readonly MemberLevel[]> {
    return this.#thread.ask('levels', { room }, [])
  }
}
