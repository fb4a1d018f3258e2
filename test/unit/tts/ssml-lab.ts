import { espeakCodes } from '../../../tts/espeak-ipa.ts'
import { espeakMarkup } from '../../../tts/espeak-markup.ts'
import { readSsml } from '../../../tts/ssml/read.ts'
import type { Part, Script, Step } from '../../../tts/ssml/script.ts'
import type { Voices } from '../../../tts/ssml/wish.ts'

const known = ['en-us', 'en-gb', 'fr', 'de']

/** Four voices, each also as `+f3`. */
export const voices: Voices = {
  resolveVoice: (voice = 'en-us') => known.find((name) => name === voice.toLowerCase()),
  languageOf: (voice) => voice,
  genderOf: () => 'male',
  takesIpa: (voice, ipa) => espeakCodes(ipa, voice) !== undefined,
  voiceLike: (voice, { language, gender }) => {
    const [tag, variant] = voice.split('+')
    const name = known.find((each) => each === (language ?? tag)?.toLowerCase())
    if (name === undefined) return undefined
    return gender === 'female' || (gender === undefined && variant) ? `${name}+f3` : name
  },
}

export const read = (document: string, chosen?: string): Script =>
  readSsml(document, { voices, voice: chosen ?? 'en-us', isChosen: chosen !== undefined })

/** With what is said where a file is not to be had. */
const partsOf = (steps: readonly Step[]): Part[] =>
  steps.flatMap((step) =>
    step.is === 'audio' ? partsOf(step.instead) : step.is === 'mark' ? [] : [step],
  )

/** What espeak-ng is given, without the `speak` around it. */
export function rendered(document: string, chosen?: string): string {
  const markup = espeakMarkup(partsOf(read(document, chosen).steps), chosen ?? 'en-us')
  return markup.slice('<speak>'.length, -'</speak>'.length)
}
