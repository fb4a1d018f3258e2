import type { CallId } from '../../core/ids.ts'
import type { Sound } from '../../core/ports/media.ts'
import type { Ports } from '../ports.ts'

/** What is heard in place of words where nothing here can speak. */
const instead: Sound = { kind: 'tone', tone: 'beep' }

/** The sound of a text. */
export async function soundOfWords(ports: Ports, text: string): Promise<Sound> {
  try {
    return { kind: 'wav', path: (await ports.speech.synthesise({ text })).path, loop: 1 }
  } catch (error) {
    ports.log.debug('not spoken', { text, error: String(error) })
    return instead
  }
}

/** Speaks to one phone. Resolves when it is over; never rejects. */
export async function speakTo(ports: Ports, callId: CallId, text: string): Promise<void> {
  try {
    await ports.media.play(callId, await soundOfWords(ports, text))
  } catch (error) {
    ports.log.debug('not spoken', { callId, error: String(error) })
  }
}
