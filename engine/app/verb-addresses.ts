import type { StreamVerb } from '../core/stream-verbs.ts'
import type { ConferenceVerb, DialVerb, GatherVerb, Verb } from '../core/verbs.ts'

/** What becomes of each address in a verb. */
export interface AddressMap {
  /** Of an application that is asked or told something. */
  asked(url: string): string
  /** Of a sound file, or `prompt:<name>`. */
  sound(url: string): string
  /** Of a WebSocket server that is dialled. */
  dialled(url: string): string
}

/** The verb with all its addresses, and those of the verbs in it, as the map gives them. */
export function mapAddresses<Of extends Verb>(verb: Of, map: AddressMap): Of
export function mapAddresses(verb: Verb, map: AddressMap): Verb {
  switch (verb.verb) {
    case 'play':
      return changed(verb, ['url'], map.sound)
    case 'park':
      return changed(verb, ['musicUrl'], map.sound)
    case 'redirect':
      return changed(verb, ['url'], map.asked)
    case 'recordMessage':
      return changed(verb, ['action', 'statusCallback', 'transcribeCallback'], map.asked)
    case 'voicemail':
    case 'refer':
      return changed(verb, ['action'], map.asked)
    case 'enqueue':
      return changed(verb, ['action', 'waitUrl'], map.asked)
    case 'stream':
      return inStream(verb, map)
    case 'conference':
      return inConference(verb, map)
    case 'dial':
      return inDial(verb, map)
    case 'gather':
      return inGather(verb, map)
    default:
      return verb
  }
}

function inStream(verb: StreamVerb, { asked, dialled }: AddressMap): StreamVerb {
  return changed(changed(verb, ['action', 'statusCallback'], asked), ['url'], dialled)
}

function inConference({ room, ...verb }: ConferenceVerb, { asked, sound }: AddressMap) {
  return {
    ...changed(verb, ['action', 'statusCallback'], asked),
    ...(room && { room: changed(room, ['waitMusic', 'holdMusic'], sound) }),
  }
}

function inDial({ targets, ...verb }: DialVerb, { asked }: AddressMap): DialVerb {
  return {
    ...changed(verb, ['action', 'queueUrl', 'referUrl'], asked),
    ...(targets && {
      targets: targets.map((target) => changed(target, ['url', 'statusCallback'], asked)),
    }),
  }
}

function inGather(given: GatherVerb, map: AddressMap): GatherVerb {
  const { prompt, prompts, branches, ...verb } = given
  const each = <Of extends Verb>(verbs: readonly Of[]) => verbs.map((one) => mapAddresses(one, map))
  return {
    ...changed(verb, ['action', 'url', 'partialCallback'], map.asked),
    ...(prompt && { prompt: mapAddresses(prompt, map) }),
    ...(prompts && { prompts: each(prompts) }),
    ...(branches && {
      branches: Object.fromEntries(
        Object.entries(branches).map(([keys, verbs]) => [keys, each(verbs)]),
      ),
    }),
  }
}

/** With those of these fields changed that say something; '' is no address. */
function changed<Of extends object>(
  of: Of,
  names: readonly (keyof Of)[],
  map: (url: string) => string,
): Of {
  const texts = names.flatMap((name) => {
    const text = of[name]
    return typeof text === 'string' && text !== '' ? [[name, map(text)]] : []
  })
  return { ...of, ...Object.fromEntries(texts) }
}
