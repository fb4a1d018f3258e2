import type { Mutes } from '../../core/ports/media.ts'
import type { Program } from '../program.ts'
import type { DialledCallStream } from '../streams/dialled.ts'
import type { Consultation } from './consultation.ts'
import type { ListenRoom } from './listen-room.ts'
import type { Place } from './parking-lot.ts'
import type { SoundLane } from './sound-lane.ts'

export const notMuted: Mutes = { muted: false, deaf: false }

/** What live actions have made of one call. */
export class CallActs {
  mutes: Mutes = notMuted
  /** What is played in place of what it hears, and over it. */
  readonly lanes: { instead?: SoundLane; over?: SoundLane } = {}
  /** In place of what it was called for. */
  onAnswer: Program | undefined
  /** Its slot, while it is parked. */
  place: Place | undefined
  /** An attended transfer that it takes part in. */
  consultation: Consultation | undefined
  /** How many hear its audio, or are about to. */
  streams = 0
  /** Those of them that the engine has dialled, or is dialling, by their ids. */
  readonly dialledStreams = new Map<string, DialledCallStream>()
  /** Supervisors listen to it there. */
  room: ListenRoom | undefined
}
