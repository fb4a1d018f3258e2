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
