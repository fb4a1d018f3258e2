import type { DoorSound } from '../../core/conference.ts'
import type { Sound } from '../../core/ports/media.ts'
import type { ConferenceWords } from '../phrases/phrases.ts'
import { soundOfPhrase } from '../speech/phrase-sounds.ts'
import type { Around } from './around.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'

const tone: Sound = { kind: 'tone', tone: 'beep' }

/** Tells the room that somebody has come. */
export async function soundsOfComing(
  around: Around,
  conference: LiveConference,
  member: Member,
): Promise<void> {
  const { entrySound } = conference.record.options
  const coming = await soundsOf(around, conference, member, entrySound, 'hasJoined', [tone])
  conference.sounds.chime(...coming)
}

/** Tells the room that somebody has gone. */
export async function soundsOfGoing(
  around: Around,
  conference: LiveConference,
  member: Member,
): Promise<void> {
  const { exitSound } = conference.record.options
  const going = await soundsOf(around, conference, member, exitSound, 'hasLeft', [tone, tone])
  conference.sounds.chime(...going)
}

async function soundsOf(
  { ports }: Around,
  { record }: LiveConference,
  { namePath }: Member,
  wanted: DoorSound,
  what: keyof Pick<ConferenceWords, 'hasJoined' | 'hasLeft'>,
  tones: readonly Sound[],
): Promise<readonly Sound[]> {
  if (wanted === 'none') return []
  // Whoever was called, or said nothing, has no name.
  if (wanted === 'tone' || namePath === undefined) return tones
  const words = await soundOfPhrase(ports, record.options, ({ conference }) => conference[what])
  return [{ kind: 'wav', path: namePath, loop: 1 }, words]
}
