import { plainConference } from '../core/conference.ts'
import { Failure } from '../core/failures.ts'
import type { Account } from '../core/ports/store.ts'
import type { ConferenceVerb, SayVerb, Verb } from '../core/verbs.ts'
import { checkOptions } from './conferences/create.ts'
import type { Ports } from './ports.ts'
import { route } from './route.ts'
import { speechRequestOf } from './verbs/say.ts'

/** The verbs of a list, of its branches and of its prompts. */
function* flat(verbs: readonly Verb[]): Generator<Verb> {
  for (const verb of verbs) {
    yield verb
    if (verb.verb !== 'gather') continue
    if (verb.prompt) yield verb.prompt
    for (const branch of Object.values(verb.branches ?? {})) yield* flat(branch)
  }
}

/**
 * Looks at what can be told from the verbs alone: addresses that may not be reached, texts that can't be
 * spoken. Failures of Web.checkUrl, Web.checkPromptUrl and Speech.check.
 */
export function checkForms({ web, speech }: Ports, verbs: readonly Verb[]): void {
  const canSpeak = speech.unavailableBecause() === undefined
  for (const verb of flat(verbs)) {
    if (verb.verb === 'play') web.checkPromptUrl(verb.url, 'verbs')
    else if ('url' in verb && verb.url !== undefined) web.checkUrl(verb.url, 'verbs')
    if (verb.verb === 'conference') checkConference(web, verb)
    if (verb.verb === 'say' && canSpeak) speech.check(speechRequestOf(verb))
  }
}

function checkConference(web: Ports['web'], { room, statusCallback }: ConferenceVerb): void {
  checkOptions(web, { ...plainConference, ...room })
  if (statusCallback !== undefined) web.checkUrl(statusCallback, 'verbs')
}

/**
 * Looks at what a list of verbs needs before anybody is called for it. Failures: those of `route` for
 * `dial`, of Web.prompt for `play`, of Speech.check and `speech_unavailable` for `say`.
 */
export async function checkNeeds(
  ports: Ports,
  account: Account,
  verbs: readonly Verb[],
): Promise<void> {
  for (const verb of flat(verbs)) {
    if (verb.verb === 'dial') await route(ports, account, verb.to, 'verbs')
    if (verb.verb === 'play') await ports.web.prompt(verb.url)
    if (verb.verb === 'say') beginSpeech(ports, verb)
  }
}

/** The speech is made while the phone rings, so that nobody who answers hears silence. */
function beginSpeech({ speech }: Ports, verb: SayVerb): void {
  const missing = speech.unavailableBecause()
  if (missing !== undefined) throw new Failure('speech_unavailable', missing)
  void speech.synthesise(speechRequestOf(verb)).catch(() => undefined)
}
