import { plainConference } from '../core/conference.ts'
import { Failure } from '../core/failures.ts'
import type { Speech } from '../core/ports/speech.ts'
import type { Account } from '../core/ports/store.ts'
import type { Web } from '../core/ports/web.ts'
import type { SayVerb, Verb } from '../core/verbs.ts'
import { checkOptions } from './conferences/create.ts'
import { musicAt } from './music.ts'
import { checkSpokenIn } from './phrases/check-language.ts'
import type { Ports } from './ports.ts'
import { route } from './route.ts'
import { type Recogniser, requireHearing } from './speech/recogniser.ts'
import { speechRequestOf } from './speech/speaking.ts'
import { type AddressMap, mapAddresses } from './verb-addresses.ts'
import { requireBox } from './voicemail/verb.ts'

/** The verbs of a list, of its branches and of its prompts. */
function* flat(verbs: readonly Verb[]): Generator<Verb> {
  for (const verb of verbs) {
    yield verb
    if (verb.verb !== 'gather') continue
    if (verb.prompt) yield verb.prompt
    yield* verb.prompts ?? []
    for (const branch of Object.values(verb.branches ?? {})) yield* flat(branch)
  }
}

/** Whether a callee's password is in a list, which is not to be kept then. */
export const hasPassword = (verbs: readonly Verb[]): boolean =>
  [...flat(verbs)].some(
    (verb) => verb.verb === 'dial' && verb.targets?.some(({ password }) => password !== undefined),
  )

export interface FormPorts {
  readonly web: Pick<Web, 'checkUrl' | 'checkPromptUrl' | 'checkSocketUrl'>
  readonly speech: Pick<Speech, 'unavailableBecause' | 'check' | 'voiceNamed'>
  readonly recogniser?: Pick<Recogniser, 'unavailableBecause'> | undefined
}

/**
 * Looks at what can be told from the verbs alone: addresses that may not be reached, texts that can't be
 * spoken. Failures of Web.checkUrl, Web.checkPromptUrl, Speech.check and `checkHearing`.
 */
export function checkForms(ports: FormPorts, verbs: readonly Verb[]): void {
  const { web, speech } = ports
  checkHearing(ports, verbs)
  const canSpeak = speech.unavailableBecause() === undefined
  for (const verb of flat(verbs)) {
    if (verb.verb === 'conference') {
      checkOptions(web, { ...plainConference, ...verb.room })
      checkSpokenIn(speech, verb.room ?? {})
    }
    if (verb.verb === 'say' && canSpeak) speech.check(speechRequestOf(verb))
  }
  for (const verb of verbs) mapAddresses(verb, addressesCheckedBy(web))
}

/** Failure of `requireHearing`: one of the verbs asks for speech. */
export function checkHearing(
  { recogniser }: Pick<FormPorts, 'recogniser'>,
  verbs: readonly Verb[],
): void {
  for (const verb of flat(verbs)) if (verb.verb === 'gather') requireHearing(recogniser, verb)
}

const addressesCheckedBy = (web: FormPorts['web']): AddressMap => ({
  asked(url) {
    web.checkUrl(url, 'verbs')
    return url
  },
  sound(url) {
    web.checkPromptUrl(url, 'verbs')
    return url
  },
  dialled(url) {
    web.checkSocketUrl(url, 'verbs')
    return url
  },
})

/** Sounds of one list that are fetched side by side: whoever waits for the answer waits for the slowest of so many. */
const fetchedAtOnce = 8

/**
 * Fetches all sounds of a list of verbs before anybody is called for them, but for those without which the list goes
 * on. Failures of Web.prompt, of the first in the list that has one.
 */
export async function checkSounds(
  ports: Ports,
  account: Account,
  verbs: readonly Verb[],
): Promise<void> {
  const fetches = [...soundsIn(ports, account, verbs)]
  for (let from = 0; from < fetches.length; from += fetchedAtOnce) {
    const begun = fetches.slice(from, from + fetchedAtOnce).map(([, fetch]) => fetch())
    // Of those behind the one that is told nobody hears.
    for (const one of begun) one.catch(() => undefined)
    for (const one of begun) await one
  }
}

type Fetch = () => Promise<unknown>

/** Each once, by its address. */
function soundsIn(ports: Ports, { id }: Account, verbs: readonly Verb[]): Map<string, Fetch> {
  const found = new Map<string, Fetch>()
  for (const verb of flat(verbs)) {
    if (verb.verb === 'play' && verb.onFailure !== 'next')
      found.set(`play ${verb.url}`, () => ports.web.prompt(verb.url, id))
    for (const url of musicIn(verb)) found.set(`music ${url}`, () => musicAt(ports, url, id))
  }
  return found
}

/**
 * Looks at what else a list of verbs needs before anybody is called for it. Failures: those of `route` for
 * `dial`, of Speech.check and `speech_unavailable` for `say`, `not_found` for `voicemail`.
 */
export async function checkNeeds(
  ports: Ports,
  account: Account,
  verbs: readonly Verb[],
): Promise<void> {
  for (const verb of flat(verbs)) {
    if (verb.verb === 'dial' && verb.to !== undefined) {
      await route(ports, account, verb.to, 'verbs')
    }
    if (verb.verb === 'voicemail') await requireBox(ports, account.id, verb)
    if (verb.verb === 'say') beginSpeech(ports, account, verb)
  }
}

/** What those hear who wait: fetched before anybody has to. */
function musicIn(verb: Verb): string[] {
  const urls =
    verb.verb === 'conference'
      ? [verb.room?.waitMusic, verb.room?.holdMusic]
      : [verb.verb === 'park' ? verb.musicUrl : undefined]
  return urls.flatMap((url) => (typeof url === 'string' && url !== '' ? [url] : []))
}

/** The speech is made while the phone rings, so that nobody who answers hears silence. */
function beginSpeech({ speech }: Ports, { id }: Account, verb: SayVerb): void {
  const missing = speech.unavailableBecause()
  if (missing !== undefined) throw new Failure('speech_unavailable', missing)
  void speech.synthesise(speechRequestOf(verb, id)).catch(() => undefined)
}
