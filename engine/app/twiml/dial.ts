import { type RingCountry, ringCountries } from '../../core/ring-tones.ts'
import type { ConferenceVerb, DialTarget, DialVerb, Verb } from '../../core/verbs.ts'
import { conferenceAttributes, readConference } from './conference.ts'
import { readClient, readNumber, readSip, targetAttributes } from './dial-targets.ts'
import {
  address,
  flag,
  given,
  integer,
  type Known,
  method,
  msOf,
  onwards,
  type Reading,
  warnOfAttributes,
} from './reading.ts'
import { talkAttributes, talkRecording } from './talk-recording.ts'
import { elementsOf, type TwimlElement, textOf, twimlFault } from './tree.ts'

export const dialAttributes = {
  read: [
    ...['action', 'method', 'timeout', 'callerId', 'hangupOnStar', 'timeLimit', 'record'],
    ...['answerOnBridge', 'sequential', 'ringTone', 'referUrl', 'referMethod', ...talkAttributes],
  ],
  idle: ['events', 'passports', 'recordingConfigurationId'],
}

export const queueAttributes: Known = {
  read: ['url', 'method'],
  idle: ['reservationSid', 'postWorkActivitySid'],
}

/** Those who ring at once at most. */
const mostTargets = 10

const nouns: Readonly<
  Record<string, (element: TwimlElement, reading: Reading) => DialTarget | undefined>
> = { Number: readNumber, Sip: readSip, Client: readClient }

/** One call to one or several, a conference, or the next one of a queue. Failure of `twimlFault` for anything else. */
export function readDial(element: TwimlElement, reading: Reading): Verb[] {
  const [first, ...others] = elementsOf(element)
  if (first?.name === 'Conference' || first?.name === 'Queue') {
    if (others.length > 0) reading.warn(element, `only ${first.name} is dialled`)
    return [first.name === 'Queue' ? queue(element, first, reading) : room(element, first, reading)]
  }
  const bare = first ? '' : textOf(element)
  const targets = first
    ? elementsOf(element).flatMap((noun) => targetOf(noun, reading))
    : [{ to: cleanNumber(bare) }]
  if (targets.length > mostTargets) {
    throw twimlFault(element, `Dial: more than ${mostTargets} are called at once`)
  }
  if (!first && bare === '') {
    reading.warn(element, 'has nobody to call, left out')
    return []
  }
  return [{ ...common(element, reading), ...onRefer(element, reading), targets }]
}

function onRefer(
  element: TwimlElement,
  reading: Reading,
): Pick<DialVerb, 'referUrl' | 'referMethod'> {
  const referUrl = address(element, 'referUrl', reading)
  if (referUrl === undefined) return {}
  return { referUrl, ...given('referMethod', method(element, 'referMethod', reading)) }
}

function targetOf(noun: TwimlElement, reading: Reading): DialTarget[] {
  const read = nouns[noun.name]
  if (!read) throw twimlFault(noun, `Dial can not call a ${noun.name}`)
  warnOfAttributes(noun, targetAttributes[noun.name] ?? { read: [] }, reading)
  const target = read(noun, reading)
  return target === undefined ? [] : [target]
}

function common(element: TwimlElement, reading: Reading): DialVerb {
  const { attributes } = element
  const callerId = attributes
    .get('callerId')
    ?.trim()
    .replace(/^(?:client|sip):/, '')
  return {
    verb: 'dial',
    ...given('timeoutMs', msOf(integer(element, 'timeout', reading, [1, 600]))),
    ...given('from', callerId === undefined || callerId === '' ? undefined : cleanNumber(callerId)),
    ...given('timeLimitMs', msOf(integer(element, 'timeLimit', reading, [1, 86_400]))),
    ...given('hangupOnStar', flag(element, 'hangupOnStar', reading)),
    ...given('sequential', flag(element, 'sequential', reading)),
    ...given('ringTone', ringToneOf(element, reading)),
    ...talkRecording(element, reading),
    answerOnBridge: flag(element, 'answerOnBridge', reading) ?? false,
    onFailure: 'next',
    ...onwards(element, reading),
  }
}

function ringToneOf(element: TwimlElement, reading: Reading): RingCountry | undefined {
  const text = element.attributes.get('ringTone')?.trim().toLowerCase()
  const country = ringCountries.find((one) => one === text)
  if (text !== undefined && country === undefined) {
    reading.warn(element, `ringTone ${text.slice(0, 16)} is not known, left out`)
  }
  return country
}

/** What people write between the digits of a number is no part of it. */
export const cleanNumber = (text: string): string =>
  /^\+?[\d\s().-]+$/.test(text.trim()) ? text.replace(/[\s().-]/g, '') : text.trim()

function queue(element: TwimlElement, noun: TwimlElement, reading: Reading): DialVerb {
  warnOfAttributes(noun, queueAttributes, reading)
  const name = textOf(noun)
  if (name === '') throw twimlFault(noun, 'Queue has no name')
  const queueUrl = address(noun, 'url', reading)
  const queueMethod = queueUrl === undefined ? undefined : method(noun, 'method', reading)
  return {
    ...common(element, reading),
    queue: name,
    ...given('queueUrl', queueUrl),
    ...given('queueMethod', queueMethod),
  }
}

function room(element: TwimlElement, noun: TwimlElement, reading: Reading): ConferenceVerb {
  warnOfAttributes(noun, conferenceAttributes, reading)
  const verb = readConference(noun, reading, talkRecording(element, reading))
  return { ...verb, ...onwards(element, reading) }
}
