import type { CallId, ConferenceId } from '../core/ids.ts'
import type { PlayOutcome, Sound } from '../core/ports/media.ts'
import type { LiveConference } from './conferences/live-conference.ts'
import { playHoldMusic } from './hold-music.ts'
import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'

/** Who hears an announcement: one call, or all who are in a conference. */
export interface Audience {
  readonly callId: CallId | null
  readonly conferenceId: ConferenceId | null
  readonly ended: Promise<unknown>
  isThere(): boolean
  play(sound: Sound): Promise<PlayOutcome>
  stop(): void
  /** Writes to its log. */
  tell(what: 'started' | 'ended', data: Readonly<Record<string, unknown>>): Promise<void>
  /** Lets it hear what it heard before, if that goes on by itself. */
  resume(): void
}

export const audienceOfCall = (ports: Ports, call: LiveCall): Audience => ({
  ...{ callId: call.id, conferenceId: null, ended: call.ended },
  isThere: () => call.state.at === 'up',
  play: (sound) => ports.media.play(call.id, sound),
  stop: () => ports.media.stop(call.id),
  tell: (what, data) => {
    const told = Promise.withResolvers<void>()
    call.enqueue(() => call.note(`announcement.${what}`, data).finally(() => told.resolve()))
    return told.promise
  },
  // It may be held.
  resume: () => playHoldMusic(ports, call),
})

export const audienceOfConference = (conference: LiveConference): Audience => ({
  ...{ callId: null, conferenceId: conference.id, ended: conference.ended.promise },
  isThere: () => conference.roomIsOpen && !conference.isOver,
  play: (sound) => conference.sounds.play(sound),
  stop: () => conference.sounds.stop(),
  // No job: its end may be what this is told after.
  tell: (what, data) =>
    conference.commit([conference.told(`conference.announcement-${what}`, data)]),
  resume: () => {},
})
