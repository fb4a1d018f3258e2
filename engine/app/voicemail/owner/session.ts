import type { Sound } from '../../../core/ports/media.ts'
import type { VoicemailBox } from '../../../core/ports/voicemail.ts'
import type { OwnerWords } from '../../phrases/phrases.ts'
import { tongueOf } from '../../phrases/tongue.ts'
import type { Run } from '../../program.ts'
import { soundOfText } from '../../speech/phrase-sounds.ts'
import { hear } from '../speak.ts'

/** An owner in his box. */
export interface Session {
  readonly run: Run
  readonly box: VoicemailBox
  readonly words: OwnerWords
  /** Speaks them; undefined: the usual one. */
  readonly voice: string | undefined
}

/** Told as the box says: in its language. */
export function sessionOf(run: Run, box: VoicemailBox): Session {
  const { phrases, voice } = tongueOf(run.ports.speech, box.options)
  return { run, box, words: phrases.owner, voice }
}

/** Where he goes next: one menu up, or out. */
export type Way = 'back' | 'end'

/** Silence after a menu; it is said three times. */
const menuWaitMs = 5_000
const mostAsked = 3

/** The sound of a text; SSML where it has marks or entities. */
export const spoken = ({ run, voice }: Session, text: string): Promise<Sound> =>
  /[<&]/.test(text)
    ? soundOfText(run.ports, voice, `<speak>${text}</speak>`, { markup: 'ssml' })
    : soundOfText(run.ports, voice, text)

/** Plays them one after the other. The first key ends that at once, also one that was pressed before; undefined: none was. */
export async function keyDuring(
  { run }: Session,
  sounds: readonly Sound[],
  waitMs: number,
): Promise<string | undefined> {
  const pressed = new AbortController()
  const limit = new AbortController()
  const reading = run.call.digits.next(AbortSignal.any([run.signal, limit.signal]))
  void reading.then(() => pressed.abort())
  // A key that is there already stops the sound before it begins.
  await undefined
  await hear(run, sounds, AbortSignal.any([run.signal, pressed.signal]))
  if (waitMs === 0) limit.abort()
  const disarm = run.ports.clock.after(waitMs, () => limit.abort())
  const key = await reading
  disarm()
  return key
}

/** Says it; a key stops it and is left for what comes next. */
export async function tell(session: Session, text: string): Promise<void> {
  const { run } = session
  const sound = await spoken(session, text)
  if (run.signal.aborted) return
  const key = await keyDuring(session, [sound], 0)
  if (key !== undefined) run.call.digits.putBack(key)
}

/** Says a menu until one of its keys is pressed; undefined: none is, or he has gone. Other keys have it said again. */
export async function choose(
  session: Session,
  text: string,
  keys: string,
): Promise<string | undefined> {
  const sound = await spoken(session, text)
  for (let asked = 0; asked < mostAsked && !session.run.signal.aborted; asked++) {
    const key = await keyDuring(session, [sound], menuWaitMs)
    if (key !== undefined && keys.includes(key)) return key
  }
  return undefined
}
