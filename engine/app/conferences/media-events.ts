import type { CallId, ConferenceId } from '../../core/ids.ts'
import type { MediaEvents } from '../../core/ports/media.ts'
import type { LiveCalls } from '../live-calls.ts'
import type { Ports } from '../ports.ts'
import { whenMended } from '../recording.ts'
import { roomRecordingEnded } from './record.ts'

/** What the media side tells of conferences. */
export function conferenceMediaEvents(
  ports: Ports,
  calls: LiveCalls,
): Pick<MediaEvents, 'roomRecordingEnded' | 'speaking' | 'loudest'> {
  return {
    roomRecordingEnded: (room, outcome) => {
      if (outcome.failure === 'no_space') calls.space.full()
      whenMended(ports, outcome, (whole) => roomRecordingEnded(ports, calls, room, whole))
    },
    speaking: (room, callId, speaking) => spoke(calls, room, callId, speaking),
    loudest: (room, callId) => {
      const conference = calls.conferences.get(room)
      const speaker = callId ?? null
      if (!conference || conference.activeSpeaker === speaker) return
      conference.activeSpeaker = speaker
      conference.say(conference.told('conference.active-speaker', { callId: speaker }))
      conference.follow.conferenceChanged()
    },
  }
}

function spoke(calls: LiveCalls, room: ConferenceId, callId: CallId, speaking: boolean): void {
  const conference = calls.conferences.get(room)
  const member = conference?.members.get(callId)
  if (!conference || !member?.isConnected || member.speaking === speaking) return
  member.speaking = speaking
  const type = speaking ? 'participant.speaking-started' : 'participant.speaking-stopped'
  conference.say(conference.told(type, {}, member))
  conference.follow.memberChanged(callId)
}

/** The media side is gone: nobody hears anybody any more. */
export function conferencesLost(calls: LiveCalls): void {
  for (const conference of calls.conferences.all()) {
    for (const member of conference.members.values()) member.inRoom = false
    conference.roomIsOpen = false
    conference.later(() => conference.apply({ is: 'end', because: 'media_error' }))
  }
}
