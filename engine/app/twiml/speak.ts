import { voiceNamePattern } from '../../core/ports/speech.ts'
import type { PauseVerb, PlayVerb, Prompt, SayVerb, Verb } from '../../core/verbs.ts'
import { given, integer, type Reading } from './reading.ts'
import { elementsOf, innerXml, type TwimlElement, textOf } from './tree.ts'

/** What is said to be repeated without end is repeated so often. */
const endless = 1_000
const mostKeys = 256
const voicePattern = new RegExp(voiceNamePattern)

export const sayAttributes = { read: ['voice', 'language', 'loop'] }
export const playAttributes = { read: ['loop', 'digits'] }
export const pauseAttributes = { read: ['length'] }

/** Undefined, with a warning, when there is nothing to say. */
export function readSay(element: TwimlElement, reading: Reading): SayVerb | undefined {
  const plain = textOf(element)
  const hasMarkup = elementsOf(element).length > 0
  if (plain === '' && !hasMarkup) {
    reading.warn(element, 'is empty, left out')
    return undefined
  }
  return {
    verb: 'say',
    ...(hasMarkup
      ? { text: `<speak>${innerXml(element)}</speak>`, markup: 'ssml' as const }
      : { text: plain }),
    ...given('voice', voiceOf(element, reading)),
    ...given('loop', loopOf(element, reading)),
  }
}

/** Voices of other programs have other names: then the language decides, and without one the program's own is heard. */
function voiceOf(element: TwimlElement, reading: Reading): string | undefined {
  const voice = element.attributes.get('voice')?.trim().toLowerCase() ?? ''
  const language = element.attributes.get('language')?.trim().toLowerCase() ?? ''
  const ofName = /(?:^|\.)([a-z]{2,3}-[a-z]{2})-/.exec(voice)?.[1] ?? ''
  for (const wanted of [voice, language, language.split('-')[0] ?? '', ofName]) {
    if (voicePattern.test(wanted) && reading.source.hasVoice(wanted)) return wanted
  }
  if (language !== '') reading.warn(element, `there is no voice for ${language}`)
  return undefined
}

function loopOf(element: TwimlElement, reading: Reading): number | undefined {
  const loop = integer(element, 'loop', reading, [0, endless])
  return loop === 0 ? endless : loop
}

/** A sound, or keys that are pressed. */
export function readPlay(element: TwimlElement, reading: Reading): Verb[] {
  const digits = element.attributes.get('digits')
  const url = textOf(element)
  const keys = digits === undefined ? [] : pressed(digits)
  if (keys.length === 0 && url === '') reading.warn(element, 'has neither URL nor digits, left out')
  return [...keys, ...(url === '' ? [] : [playOf(element, url, reading)])]
}

const playOf = (element: TwimlElement, url: string, reading: Reading): PlayVerb => ({
  verb: 'play',
  url: reading.address(element, url),
  ...given('loop', loopOf(element, reading)),
  onFailure: 'next',
})

/** Keys as `ww1234#`: `w` waits for half a second, `W` for a whole one. */
function pressed(digits: string): Verb[] {
  const keys = digits.replace(/[^0-9*#A-DwW]/g, '').slice(0, mostKeys)
  return keys === '' ? [] : [{ verb: 'sendDigits', digits: keys }]
}

export function readPause(element: TwimlElement, reading: Reading): PauseVerb {
  const seconds = integer(element, 'length', reading, [0, 3_600]) ?? 1
  return { verb: 'pause', durationMs: seconds * 1_000 }
}

/** What is heard while keys are waited for; keys of our own are none of it. */
export function readPrompts(element: TwimlElement, reading: Reading): Prompt[] {
  return elementsOf(element).flatMap((child): Prompt[] => {
    if (child.name === 'Say') return listed(readSay(child, reading))
    if (child.name === 'Pause') return [readPause(child, reading)]
    if (child.name === 'Play' && textOf(child) !== '') {
      return [playOf(child, textOf(child), reading)]
    }
    reading.warn(child, `has no effect in ${element.name}`)
    return []
  })
}

const listed = <Item>(item: Item | undefined): Item[] => (item === undefined ? [] : [item])
