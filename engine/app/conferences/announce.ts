import type { Sound } from '../../core/ports/media.ts'
import type { ConferenceWords } from '../phrases/phrases.ts'
import { soundOfPhrase } from '../speech/phrase-sounds.ts'
import type { Around } from './around.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'
import { settleMusic, stopMusic } from './music.ts'

/** Speaks to one member, in place of what he hears; afterwards all is as before. */
export function announceTo(
  around: Around,
  conference: LiveConference,
  member: Member,
  wordsOf: (words: ConferenceWords) => string,
): void {
  void playTo(around, conference, member, () =>
    soundOfPhrase(around.ports, conference.record.options, (phrases) =>
      wordsOf(phrases.conference),
    ),
  )
}

/** Plays to one member, in place of what he hears; afterwards all is as before. Never rejects. */
export async function playTo(
  { ports }: Around,
  conference: LiveConference,
  member: Member,
  sound: () => Promise<Sound>,
): Promise<void> {
  const announcement = {}
  member.announcement = announcement
  stopMusic(ports, member)
  try {
    const heard = await sound()
    if (member.announcement === announcement && member.isConnected) {
      await ports.media.play(member.call.id, heard)
    }
  } catch (error) {
    ports.log.warn('not played to a member', { callId: member.call.id, error: String(error) })
  }
  if (member.announcement !== announcement) return
  member.announcement = undefined
  settleMusic(ports, conference, member)
}
