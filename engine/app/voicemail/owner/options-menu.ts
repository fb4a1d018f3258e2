import type { GreetingKind } from '../../../core/ports/voicemail.ts'
import { greetingMenu } from './greeting-menu.ts'
import { changePin } from './pin-menu.ts'
import { choose, type Session, type Way } from './session.ts'

const greetingOf: Readonly<Record<string, GreetingKind>> = {
  ...{ '1': 'unavailable', '2': 'busy', '3': 'name' },
}

/** Greetings, the name, and the PIN. */
export async function optionsMenu(session: Session): Promise<Way> {
  while (!session.run.signal.aborted) {
    const key = await choose(session, session.words.optionKeys, '1234*#')
    if (key === undefined || key === '#') return 'end'
    if (key === '*') return 'back'
    const kind = greetingOf[key]
    if (kind === undefined) await changePin(session)
    else if ((await greetingMenu(session, kind)) === 'end') return 'end'
  }
  return 'end'
}
