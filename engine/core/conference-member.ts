import type { ConferenceOptions, Participant } from './conference.ts'
import type { MemberOptions, RoomOptions } from './ports/media.ts'

/** What the media side is told of a member. On hold he neither speaks nor hears the others. */
export function memberOptions(
  participant: Pick<
    Participant,
    | 'muted'
    | 'deaf'
    | 'hold'
    | 'coaching'
    | 'privateWith'
    | 'volumeDb'
    | 'listenVolumeDb'
    | 'priority'
  >,
): MemberOptions {
  const { muted, deaf, hold, coaching, privateWith, volumeDb, listenVolumeDb } = participant
  // A whisper to somebody who has left is heard by nobody: better than by all.
  const only = privateWith ?? coaching
  return {
    muted: muted || hold,
    deaf: deaf || hold,
    heardBy: only === null ? null : [only],
    gainInDb: volumeDb,
    gainOutDb: listenVolumeDb,
    priority: participant.priority,
  }
}

export const roomOptions = ({
  talkers,
  gainControl,
  noiseGate,
}: ConferenceOptions): RoomOptions => ({
  talkers,
  gainControl,
  noiseGate,
})
