import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Sound } from '../core/ports/media.ts'
import type { Speaking } from '../core/ports/speech.ts'
import type { Ports } from './ports.ts'
import { speechRequestOf } from './speech/speaking.ts'

/** A file or a text that somebody is to hear. */
export interface WantedSound {
  /** One of the two. */
  readonly url?: string
  readonly text?: string
  readonly markup?: 'ssml'
  readonly voice?: string
  /** 0: until it is stopped. */
  readonly loop?: number
}

/** A sound that may still be made while it is heard. */
export interface HeardSound {
  /** Whatever plays it; each player one of its own. */
  sound(): Sound
  /** What is spoken, for `followed`. */
  readonly speaking?: Speaking
  /** Nobody is to hear it any more. */
  release(): void
}

/** As soon as its first sound is there. Failures of prompts and of speech, `invalid_request`. */
export async function heardSoundOf(
  { web, speech }: Pick<Ports, 'web' | 'speech'>,
  accountId: AccountId,
  { url, text, markup, voice, loop = 1 }: WantedSound,
): Promise<HeardSound> {
  if ((url === undefined) === (text === undefined)) {
    throw new Failure('invalid_request', 'give either url or text', 'url')
  }
  if (text === undefined) {
    const { path } = await web.prompt(url ?? '', accountId)
    return { sound: () => ({ kind: 'wav', path, loop }), release() {} }
  }
  const spoken = { text, ...(markup && { markup }), ...(voice !== undefined && { voice }) }
  const speaking = await speech.speak(speechRequestOf(spoken, accountId))
  return {
    sound: () => speaking.player(loop).sound,
    speaking,
    release: () => speaking.release(),
  }
}

/** The same when all of it is there. */
export async function soundOf(
  ports: Pick<Ports, 'web' | 'speech'>,
  accountId: AccountId,
  wanted: WantedSound,
): Promise<Sound> {
  const { url, text, markup, voice, loop = 1 } = wanted
  if (url !== undefined || text === undefined) {
    return (await heardSoundOf(ports, accountId, wanted)).sound()
  }
  const spoken = { text, ...(markup && { markup }), ...(voice !== undefined && { voice }) }
  const { path } = await ports.speech.synthesise(speechRequestOf(spoken, accountId))
  return { kind: 'wav', path, loop }
}
