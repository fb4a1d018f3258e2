import { bounded, changeGain, changeOctaves, changeRate, emphasise } from './manner.ts'
import { sayAs } from './say-as.ts'
import type { Manner, ScriptBuilder } from './script.ts'
import type { Voices } from './voices.ts'
import { ssmlFault, type XmlElement, type XmlNode } from './xml.ts'

interface Scene {
  readonly script: ScriptBuilder
  readonly voices: Voices
  /** Prefix of SSML's own elements, with its colon; usually none. */
  readonly prefix: string
}
/** Says an element into the script, in the manner of what is around it. */
type Say = (scene: Scene, element: XmlElement, manner: Manner) => void

const MAX_BREAK_MS = 10_000
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
  if (time !== undefined && timeMs === undefined) script.warn('break: time not understood')
  if (!STRENGTHS_MS.has(strength)) script.warn('break: unknown strength')
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
    const change = value === undefined ? undefined : read(value)
    if (change) changed[field] = change(manner[field])
    else if (value !== undefined) scene.script.warn(`prosody: ${name} not understood`)
  }
  for (const name of ['range', 'contour', 'duration']) {
    if (element.attributes.has(name)) scene.script.warn(`prosody: ${name} is not followed`)
  }
  content(scene, element, bounded(changed))
}

const emphasis: Say = (scene, element, manner) => {
  const emphasised = emphasise(manner, element.attributes.get('level'))
  if (!emphasised) scene.script.warn('emphasis: unknown level')
  content(scene, element, emphasised ?? manner)
}

const interpreted: Say = ({ script }, element, manner) => {
  const kind = element.attributes.get('interpret-as') ?? ''
  const format = element.attributes.get('format') ?? ''
  const text = textOf(element).trim()
  const said = sayAs(kind, format, text, manner.voice)
  if (!said) script.warn(`say-as ${kind}: left to the voice`)
  for (const { text: words, spelled } of said ?? [{ text, spelled: false }]) {
    script.say(words, manner, spelled)
  }
}

const textOf = (node: XmlNode): string =>
  typeof node === 'string' ? node : node.children.map(textOf).join('')

const substituted: Say = (scene, element, manner) => {
  const alias = element.attributes.get('alias')
  if (alias === undefined) {
    scene.script.warn('sub: no alias')
    content(scene, element, manner)
  } else {
    scene.script.say(alias, manner, false)
  }
}

const phoneme: Say = (scene, element, manner) => {
  scene.script.warn('phoneme: its text was read instead')
  content(scene, element, manner)
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
  if (!found && names.length + tags.length > 0) script.warn('voice: there is none such')
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
  // Its `src` is never looked at: a document can make nobody open a file or an address.
  ['audio', content],
  ['w', content],
  ['token', content],
  ...['mark', 'desc', 'meta', 'metadata', 'lexicon'].map((name) => [name, nothing] as const),
])

/** Says an element of a document, with all that is in it, into the scene's script. */
export const sayElement: Say = (scene, element, manner) => {
  const { script, prefix } = scene
  const name = element.name.startsWith(prefix) ? element.name.slice(prefix.length) : element.name
  const say = elements.get(name)
  if (!say) script.warn(`unknown element ${name}`)
  const inLanguage = { ...manner, voice: voiceOf(scene, element, manner.voice) }
  ;(say ?? content)(scene, element, inLanguage)
}

function voiceOf({ script, voices }: Scene, { attributes }: XmlElement, voice: string): string {
  const language = attributes.get('xml:lang')
  if (language === undefined) return voice
  const found = voices.voiceLike(voice, { language })
  if (found === undefined) script.warn('xml:lang: there is no voice for it')
  return found ?? voice
}
