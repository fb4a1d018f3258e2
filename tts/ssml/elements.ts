import { bounded, changeGain, changeOctaves, changeRate, emphasise } from './manner.ts'
import { isFormat, sayAs } from './say-as.ts'
import { type Around, checkElement } from './schema.ts'
import type { Manner, ScriptBuilder } from './script.ts'
import type { Voices } from './wish.ts'
import { ssmlFault, type XmlElement, type XmlNode } from './xml.ts'

interface Scene {
  readonly script: ScriptBuilder
  readonly voices: Voices
  /** Prefix of SSML's own elements, with its colon; usually none. */
  readonly prefix: string
  readonly around: Around
}
/** Says an element into the script, in the manner of what is around it. */
type Say = (scene: Scene, element: XmlElement, manner: Manner) => void

const MAX_BREAK_MS = 10_000
const MAX_IPA = 200
const MAX_NAME = 100
const UNFOLLOWED = [...['clipBegin', 'clipEnd', 'repeatCount', 'repeatDur', 'soundLevel', 'speed']]
const STRENGTHS_MS = new Map([
  ['none', 0],
  ['x-weak', 100],
  ['weak', 200],
  ['medium', 400],
  ['strong', 700],
  ['x-strong', 1000],
])

const content: Say = (scene, { children }, manner) => {
  for (const child of children) {
    if (typeof child === 'string') scene.script.say(child, manner, false)
    else sayElement(scene, child, manner)
  }
}

const nothing: Say = () => undefined

const block =
  (of: 'sentence' | 'paragraph'): Say =>
  (scene, element, manner) => {
    scene.script.end(of)
    content(scene, element, manner)
    scene.script.end(of)
  }

const pause: Say = ({ script }, element) => {
  const time = element.attributes.get('time')
  const timeMs = time === undefined ? undefined : readTimeMs(time)
  const strength = element.attributes.get('strength') ?? 'medium'
  const durationMs = timeMs ?? STRENGTHS_MS.get(strength) ?? STRENGTHS_MS.get('medium') ?? 0
  if (durationMs > MAX_BREAK_MS) {
    throw ssmlFault(element, `a break lasts ${MAX_BREAK_MS / 1000} s at most`)
  }
  script.pause(durationMs)
}

/** CSS time: `1.5s`, `200ms`. */
function readTimeMs(time: string): number | undefined {
  const [, size, unit] = /^\s*\+?(\d{1,7}(?:\.\d{0,6})?|\.\d{1,6})(ms|s)\s*$/i.exec(time) ?? []
  if (size === undefined) return undefined
  return Math.round(Number(size) * (unit?.toLowerCase() === 's' ? 1000 : 1))
}

const CHANGES = [
  ['rate', 'rate', changeRate],
  ['volume', 'gain', changeGain],
  ['pitch', 'octaves', changeOctaves],
] as const

const prosody: Say = (scene, element, manner) => {
  const changed = { ...manner }
  for (const [name, field, read] of CHANGES) {
    const value = element.attributes.get(name)?.trim()
    const change = value === undefined ? undefined : read(value, usualPitchHz(scene, manner))
    if (change) changed[field] = change(manner[field])
    else if (value !== undefined) scene.script.warn(`prosody: ${name} not understood`, element)
  }
  for (const name of ['range', 'contour', 'duration']) {
    if (element.attributes.has(name)) scene.script.warn(`prosody: ${name} is not followed`, element)
  }
  content(scene, element, bounded(changed))
}

/** Voices have pitches of their own: what is given in Hz is meant for a usual one. */
function usualPitchHz({ voices }: Scene, { voice }: Manner): number {
  const gender = voices.genderOf(voice)
  return gender === 'female' ? 200 : gender === 'male' ? 110 : 150
}

const emphasis: Say = (scene, element, manner) => {
  const emphasised = emphasise(manner, element.attributes.get('level'))
  content(scene, element, emphasised ?? manner)
}

const interpreted: Say = ({ script, voices }, element, manner) => {
  const kind = element.attributes.get('interpret-as') ?? ''
  const format = element.attributes.get('format') ?? ''
  const text = textOf(element).trim()
  const said = sayAs(kind, format, text, voices.languageOf(manner.voice))
  if (!said) script.warn(`say-as ${kind}: left to the voice`, element)
  else if (!isFormat(kind, format)) {
    script.warn(`say-as ${kind}: format ${format} is not followed`, element)
  }
  for (const { text: words, spelled } of said ?? [{ text, spelled: false }]) {
    script.say(words, manner, spelled)
  }
}

const textOf = (node: XmlNode): string =>
  typeof node === 'string' ? node : node.children.map(textOf).join('')

const substituted: Say = (scene, element, manner) => {
  scene.script.say(element.attributes.get('alias') ?? '', manner, false)
}

const phoneme: Say = (scene, element, manner) => {
  const { attributes } = element
  const alphabet = attributes.get('alphabet') ?? 'ipa'
  const ipa = attributes.get('ph')?.trim() ?? ''
  const isIpa = alphabet.toLowerCase() === 'ipa' && ipa.length <= MAX_IPA && !/[[\]\s]/.test(ipa)
  if (isIpa && scene.voices.takesIpa(manner.voice, ipa)) {
    // What is read out where it is empty is what others see.
    scene.script.say(textOf(element).trim() || ipa, manner, false, ipa)
  } else {
    scene.script.warn('phoneme: its text was read instead', element)
    content(scene, element, manner)
  }
}

/** Fetched as the files of other verbs are, and never anything of this machine. */
const audio: Say = (scene, element, manner) => {
  const { script } = scene
  const url = element.attributes.get('src')?.trim() ?? ''
  for (const name of UNFOLLOWED) {
    if (element.attributes.has(name)) script.warn(`audio: ${name} is not followed`, element)
  }
  if (url === '') return content(scene, element, manner)
  script.audio(url, () => content(scene, element, manner))
}

const mark: Say = ({ script }, { attributes }) => {
  script.mark((attributes.get('name') ?? '').slice(0, MAX_NAME))
}

const voiced: Say = (scene, element, manner) => {
  const { voices, script } = scene
  const { attributes } = element
  const names = listed(attributes.get('name'))
  const tags = listed(attributes.get('languages') ?? attributes.get('language'))
  const gender = attributes.get('gender')
  const found = [
    ...names.map((name) => voices.resolveVoice(name)),
    ...tags.map((language) => voices.voiceLike(manner.voice, { language })),
  ].find((voice) => voice !== undefined)
  if (!found && names.length + tags.length > 0) script.warn('voice: there is none such', element)
  const voice = found ?? manner.voice
  const isGender = gender === 'female' || gender === 'male'
  const suited = isGender ? voices.voiceLike(voice, { gender }) : voice
  content(scene, element, { ...manner, voice: suited ?? voice })
}

const listed = (value = '') => value.split(/[\s,]+/).filter((item) => item !== '')

const elements: ReadonlyMap<string, Say> = new Map([
  ['speak', content],
  ['p', block('paragraph')],
  ['s', block('sentence')],
  ['break', pause],
  ['prosody', prosody],
  ['emphasis', emphasis],
  ['say-as', interpreted],
  ['sub', substituted],
  ['phoneme', phoneme],
  ['voice', voiced],
  ['lang', content],
  ['audio', audio],
  ['mark', mark],
  ['w', content],
  ['token', content],
  ...['desc', 'meta', 'metadata', 'lexicon'].map((name) => [name, nothing] as const),
])

/** Says an element of a document, with all that is in it, into the scene's script. */
export const sayElement: Say = (scene, element, manner) => {
  const { script, prefix, around } = scene
  const name = element.name.startsWith(prefix) ? element.name.slice(prefix.length) : element.name
  const isKnown = checkElement(name, element, around)
  const say = elements.get(name)
  if (!say) script.warn(`unknown element ${name}`, element)
  const inLanguage = { ...manner, voice: voiceOf(scene, element, manner.voice) }
  const inside = isKnown ? { ...scene, around: [...around, name] } : scene
  ;(say ?? content)(inside, element, inLanguage)
}

function voiceOf({ script, voices }: Scene, element: XmlElement, voice: string): string {
  const language = element.attributes.get('xml:lang')
  if (language === undefined) return voice
  const found = voices.voiceLike(voice, { language })
  if (found === undefined) script.warn('xml:lang: there is no voice for it', element)
  return found ?? voice
}
