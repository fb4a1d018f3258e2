import { type ConferenceOptions, type DoorSound, mostMembers } from '../../core/conference.ts'
import { type CallId, isUuid } from '../../core/ids.ts'
import type { ConferenceVerb, DialVerb } from '../../core/verbs.ts'
import { conferenceCallbacks, recordingAttributes, statusAttributes } from './callbacks.ts'
import { flag, given, integer, method, type Reading } from './reading.ts'
import { type TwimlElement, textOf, twimlFault } from './tree.ts'

export const conferenceAttributes = {
  read: [
    ...['muted', 'beep', 'startConferenceOnEnter', 'endConferenceOnExit', 'waitUrl'],
    ...['waitMethod', 'maxParticipants', 'record', 'trim', 'coach', 'participantLabel'],
    ...[...statusAttributes, ...recordingAttributes, 'eventCallbackUrl'],
  ],
  idle: ['region', 'jitterBufferSize', 'recordingConfigurationId'],
}

const longestName = 128

/**
 * Whoever starts the conference by coming is a moderator of it: where all may start it that means nothing, and where
 * one may not, the conference that he makes waits for one.
 */
export function readConference(
  element: TwimlElement,
  reading: Reading,
  ofDial: Pick<DialVerb, 'record' | 'recording'>,
): ConferenceVerb {
  const name = textOf(element)
  if (name === '' || name.length > longestName) {
    throw twimlFault(element, `Conference needs a name of 1 to ${longestName} characters`)
  }
  const starts = flag(element, 'startConferenceOnEnter', reading) ?? true
  const { waitMusic, waitDocument } = waiting(element, reading)
  const callbacks = conferenceCallbacks(element, reading, ofDial.recording?.callback)
  const label = element.attributes.get('participantLabel')?.slice(0, longestName)
  return {
    verb: 'conference',
    name,
    room: { ...roomOf(element, reading, starts, ofDial), ...given('waitMusic', waitMusic) },
    ...given('waitDocument', waitDocument),
    ...given('endOnExit', flag(element, 'endConferenceOnExit', reading)),
    ...(callbacks.length > 0 && { callbacks }),
    options: {
      muted: flag(element, 'muted', reading) ?? false,
      moderator: starts,
      ...given('label', label),
      ...given('coaching', coached(element, reading)),
    },
  }
}

function roomOf(
  element: TwimlElement,
  reading: Reading,
  starts: boolean,
  ofDial: Pick<DialVerb, 'record' | 'recording'>,
): Partial<ConferenceOptions> {
  const record = element.attributes.get('record')
  const isRecorded = record === undefined ? ofDial.record : record === 'record-from-start'
  // A conference that says that it is recorded is trimmed, a Dial is not.
  const usual = record === undefined ? ofDial.recording?.trim : isRecorded
  return {
    digitMenu: false,
    startOnModerator: !starts,
    ...doorSounds(element),
    ...given('record', isRecorded),
    ...((trimOf(element, reading) ?? usual) && { trimRecordings: true }),
    ...given('maxParticipants', integer(element, 'maxParticipants', reading, [2, mostMembers])),
  }
}

const trims: ReadonlyMap<string, boolean> = new Map([
  ...([
    ['trim-silence', true],
    ['true', true],
  ] as const),
  ...([
    ['do-not-trim', false],
    ['false', false],
  ] as const),
])

function trimOf(element: TwimlElement, reading: Reading): boolean | undefined {
  const text = element.attributes.get('trim')?.trim().toLowerCase()
  if (text === undefined) return undefined
  const isTrimmed = trims.get(text)
  if (isTrimmed === undefined) {
    reading.warn(element, 'trim must be trim-silence or do-not-trim, left out')
  }
  return isTrimmed
}

function doorSounds(element: TwimlElement): Pick<ConferenceOptions, 'entrySound' | 'exitSound'> {
  const beep = element.attributes.get('beep')?.toLowerCase() ?? 'true'
  const sound = (is: boolean): DoorSound => (is ? 'tone' : 'none')
  return {
    entrySound: sound(beep === 'true' || beep === 'onenter'),
    exitSound: sound(beep === 'true' || beep === 'onexit'),
  }
}

const soundFile = /\.(?:wav|mp3|ogg|opus)$/i

/** A sound file, or nothing; or else a document in which there is one. */
function waiting(element: TwimlElement, reading: Reading) {
  const text = element.attributes.get('waitUrl')
  if (text === undefined) return {}
  if (text.trim() === '') return { waitMusic: '' }
  const url = reading.address(element, text)
  if (soundFile.test(new URL(url).pathname)) return { waitMusic: url }
  return { waitDocument: { url, method: method(element, 'waitMethod', reading) ?? 'POST' } }
}

function coached(element: TwimlElement, reading: Reading): CallId | undefined {
  const id = element.attributes.get('coach')
  if (id === undefined || isUuid(id)) return id as CallId | undefined
  reading.warn(element, 'coach is not the id of a call, left out')
  return undefined
}
