import type { VoicemailBox } from '../../core/ports/voicemail.ts'
import type { Run } from '../program.ts'
import { deadline } from '../wait.ts'
import { dropTake } from './drop.ts'
import { playMessage } from './recording-sound.ts'
import { hear, soundOfWords, tellWords } from './speak.ts'
import type { Take } from './take.ts'

/** Silence after the menu; after so many times it is saved. */
const silenceMs = 5_000
const mostAsked = 3
/** Keys of one caller, who is not to stay for ever. */
const mostKeys = 50

/** 1 hears it, 2 says it anew, 3 saves it, 4 marks it urgent or not. Who says nothing or hangs up saves it. */
export async function review(run: Run, box: VoicemailBox, taken: Take): Promise<Take | 'again'> {
  let { draft } = taken
  let unanswered = 0
  for (let keys = 0; keys < mostKeys && unanswered < mostAsked; keys++) {
    const key = await askKey(run, box)
    if (run.signal.aborted) break
    switch (key) {
      case '1':
        await hearTake(run, taken)
        break
      case '2':
        await dropTake(run, draft, 'said anew')
        return 'again'
      case '3':
      case '#':
        return { ...taken, draft }
      case '4':
        draft = { ...draft, urgent: !draft.urgent }
        await tellWords(run, box, draft.urgent ? 'urgent' : 'notUrgent')
        break
      default:
        unanswered += 1
    }
  }
  return { ...taken, draft }
}

/** Any key stops it, and counts then. */
async function hearTake(run: Run, { draft }: Take): Promise<void> {
  const { digits } = run.call
  const over = new AbortController()
  const pressed = new AbortController()
  const reading = digits.next(AbortSignal.any([run.signal, over.signal])).then((key) => {
    if (key === undefined) return
    digits.putBack(key)
    pressed.abort()
  })
  await playMessage(run, draft, AbortSignal.any([run.signal, pressed.signal]))
  over.abort()
  await reading
}

/** A key in the menu or after it; undefined when none comes. */
async function askKey(run: Run, box: VoicemailBox): Promise<string | undefined> {
  const sound = await soundOfWords(run.ports, box, (words) => words.review)
  const pressed = new AbortController()
  const limit = new AbortController()
  const reading = run.call.digits.next(AbortSignal.any([run.signal, limit.signal]))
  void reading.then(() => pressed.abort())
  await hear(run, [sound], AbortSignal.any([run.signal, pressed.signal]))
  const late = deadline(run.ports.clock, silenceMs, AbortSignal.any([run.signal, pressed.signal]))
  late.signal.addEventListener('abort', () => limit.abort(), { once: true })
  if (late.signal.aborted) limit.abort()
  const key = await reading
  late.disarm()
  return key
}
