import { Failure } from '../core/failures.ts'
import type { Account } from '../core/ports/store.ts'
import type { SayVerb, Verb } from '../core/verbs.ts'
import type { Ports } from './ports.ts'
import { route } from './route.ts'
import { speechRequestOf } from './verbs/say.ts'

/**
 * Looks at what a list of verbs needs before anybody is called for it. Failures: those of `route` for
 * `dial`, of Web.prompt for `play`, of Speech.check and `speech_unavailable` for `say`.
 */
export async function checkVerbs(
  ports: Ports,
  account: Account,
  verbs: readonly Verb[],
): Promise<void> {
  for (const verb of verbs) await checkVerb(ports, account, verb)
}

async function checkVerb(ports: Ports, account: Account, verb: Verb): Promise<void> {
  switch (verb.verb) {
    case 'dial':
      await route(ports, account, verb.to, 'verbs')
      return
    case 'play':
      await ports.web.prompt(verb.url)
      return
    case 'say':
      return checkSpeech(ports, verb)
    case 'gather': {
      const prompt = verb.prompt === undefined ? [] : [verb.prompt]
      return checkVerbs(ports, account, [...prompt, ...Object.values(verb.branches ?? {}).flat()])
    }
    default:
      return
  }
}

/** The speech itself is made while the phone rings, so that nobody who answers hears silence. */
function checkSpeech({ speech }: Ports, verb: SayVerb): void {
  const missing = speech.unavailableBecause()
  if (missing !== undefined) throw new Failure('speech_unavailable', missing)
  const request = speechRequestOf(verb)
  speech.check(request)
  void speech.synthesise(request).catch(() => undefined)
}
