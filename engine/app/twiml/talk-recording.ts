import { type DialVerb, isOneChannel, type TalkRecording } from '../../core/verbs.ts'
import { recordingAttributes, recordingCallback } from './callbacks.ts'
import { given, type Reading } from './reading.ts'
import type { TwimlElement } from './tree.ts'

export const talkAttributes = ['record', 'recordingTrack', 'trim', ...recordingAttributes]

type How = Pick<TalkRecording, 'from' | 'channels'>

/** What `record` says; undefined: nothing is recorded. */
const modes: Readonly<Record<string, How | undefined>> = {
  'do-not-record': undefined,
  false: undefined,
  true: { channels: 1 },
  'record-from-answer': { channels: 1 },
  'record-from-answer-dual': {},
  'record-from-ringing': { from: 'ringing', channels: 1 },
  'record-from-ringing-dual': { from: 'ringing' },
}
const tracks = ['both', 'inbound', 'outbound'] as const

/** Whether and how the talk that a Dial leads to is recorded. */
export function talkRecording(
  element: TwimlElement,
  reading: Reading,
): Pick<DialVerb, 'record' | 'recording'> {
  const text = element.attributes.get('record')?.trim().toLowerCase()
  if (text === undefined) return {}
  if (!Object.hasOwn(modes, text)) {
    reading.warn(element, `record ${text.slice(0, 32)} is not known, left out`)
    return {}
  }
  const how = modes[text]
  if (how === undefined) return { record: false }
  const sides: TalkRecording = { ...how, ...given('track', trackOf(element, reading)) }
  const recording: TalkRecording = {
    ...sides,
    ...(isTrimmed(element, sides, reading) && { trim: true }),
    ...given('callback', recordingCallback(element, reading)),
  }
  return { record: true, ...(Object.keys(recording).length > 0 && { recording }) }
}

function trackOf(element: TwimlElement, reading: Reading): TalkRecording['track'] {
  const text = element.attributes.get('recordingTrack')?.trim()
  const track = tracks.find((one) => one === text)
  if (text !== undefined && track === undefined) {
    reading.warn(element, 'recordingTrack must be both, inbound or outbound, left out')
  }
  return track
}

/** Two channels stay as long as they are: silence of one is speech of the other. */
function isTrimmed(element: TwimlElement, sides: TalkRecording, reading: Reading): boolean {
  if (element.attributes.get('trim') !== 'trim-silence') return false
  const isOne = isOneChannel(sides)
  if (!isOne) reading.warn(element, 'trim has no effect on two channels')
  return isOne
}
