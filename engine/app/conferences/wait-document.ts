import { Failure } from '../../core/failures.ts'
import type { ConferenceVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { ask } from '../verbs/ask.ts'

/** It is no text, or too long for one: a sound, if anything. */
const noDocument: ReadonlySet<string> = new Set(['invalid_json', 'url_unreachable'])

/**
 * What whoever waits in a conference hears, where a document says it: the first sound that it plays. An address that
 * answers no document may be that of the sound. What goes wrong is told, and there is the usual music.
 */
export async function waitMusicIn(
  run: Run,
  name: string,
  { url, method = 'POST' }: NonNullable<ConferenceVerb['waitDocument']>,
): Promise<string | undefined> {
  const tell = (what: string) =>
    run.call.note('instructions.warning', { url, warnings: [`waitUrl: ${what}`] })
  try {
    const verbs = await ask(run, { url, method, extra: { friendly_name: name } })
    const [first, ...others] = verbs
    const sound = verbs.find((verb) => verb.verb === 'play')
    if (!sound) await tell('plays nothing: the usual music is heard')
    else if (first !== sound || others.length > 0) await tell('only its first Play is heard')
    if (sound) run.ports.web.checkPromptUrl(sound.url, 'waitUrl')
    return sound?.url
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (noDocument.has(error.code)) return url
    await tell(`${error.message}: the usual music is heard`)
    return undefined
  }
}
