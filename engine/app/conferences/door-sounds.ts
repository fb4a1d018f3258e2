import type { DoorSound } from '../../core/conference.ts'
import type { Sound } from '../../core/ports/media.ts'
import type { Around } from './around.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'
import { soundOfWords } from './speak.ts'
import { words } from './words.ts'

const tone: Sound = { kind: 'tone', tone: 'beep' }

/** Tells the room that somebody has come. */
export async function soundsOfComing(
  around: Around,
  conference: LiveConference,
  member: Member,
): Promise<void> {
  const { entrySound } = conference.record.options
  conference.sounds.chime(...(await soundsOf(around, entrySound, member, words.hasJoined, [tone])))
}

/** Tells the room that somebody has gone. */
export async function soundsOfGoing(
  around: Around,
  conference: LiveConference,
  member: Member,
): Promise<void> {
  const { exitSound } = conference.record.options
  const going = await soundsOf(around, exitSound, member, words.hasLeft, [tone, tone])
  conference.sounds.chime(...going)
}

async function soundsOf(
  { ports }: Around,
  wanted: DoorSound,
  { namePath }: Member,
  text: string,
  tones: readonly Sound[],
): Promise<readonly Sound[]> {
  if (wanted === 'none') return []
  // Whoever was called, or said nothing, has no name.
  if (wanted === 'tone' || namePath === undefined) return tones
  return [{ kind: 'wav', path: namePath, loop: 1 }, await soundOfWords(ports, text)]
}
