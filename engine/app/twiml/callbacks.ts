import {
  type Callback,
  conferenceEvents,
  type RecordingNews,
  recordingEvents,
  roomRecordingEvents,
  statusEvents,
} from '../../core/callbacks.ts'
import type { RecordingCallback, TranscriptCallback } from '../../core/verbs.ts'
import { address, flag, method, type Reading } from './reading.ts'
import type { TwimlElement } from './tree.ts'

export const statusAttributes = ['statusCallback', 'statusCallbackEvent', 'statusCallbackMethod']
export const recordingAttributes = [
  ...['recordingStatusCallback', 'recordingStatusCallbackEvent', 'recordingStatusCallbackMethod'],
]

/** Words of an attribute that lists events, by spaces or commas; those that are not known are told and left out. */
function wordsOf<Word extends string>(
  element: TwimlElement,
  name: string,
  known: Readonly<Record<Word, unknown>>,
  usual: readonly Word[],
  reading: Reading,
): readonly Word[] {
  const text = element.attributes.get(name)?.trim()
  if (text === undefined || text === '') return usual
  return text.split(/[\s,]+/).flatMap((word): Word[] => {
    if (Object.hasOwn(known, word)) return [word as Word]
    reading.warn(element, `${name} has no ${word.slice(0, 32)}, left out`)
    return []
  })
}

/** Where and how it is told; undefined where nobody wants it. */
function placeOf(element: TwimlElement, name: string, reading: Reading) {
  const url = address(element, name, reading)
  if (url === undefined) return undefined
  return { url, method: method(element, `${name}Method`, reading) ?? 'POST' }
}

/** Of a call that is made: how it goes, `completed` unless said otherwise. */
export function statusCallbacks(element: TwimlElement, reading: Reading): readonly Callback[] {
  const place = placeOf(element, 'statusCallback', reading)
  if (!place) return []
  const words = wordsOf(element, 'statusCallbackEvent', statusEvents, ['completed'], reading)
  return [{ tells: 'status', ...place, events: words.flatMap((word) => statusEvents[word]) }]
}

/** Of a call that is made: who has answered it. */
export function answererCallbacks(element: TwimlElement, reading: Reading): readonly Callback[] {
  const place = placeOf(element, 'amdStatusCallback', reading)
  return place ? [{ tells: 'answerer', ...place, events: ['call.answered-by'] }] : []
}

export function recordingCallback(
  element: TwimlElement,
  reading: Reading,
): RecordingCallback | undefined {
  const place = placeOf(element, 'recordingStatusCallback', reading)
  return place && { ...place, news: recordingNews(element, reading) }
}

/** Of a message: its text, where that is wanted. */
export function transcriptCallback(
  element: TwimlElement,
  reading: Reading,
): TranscriptCallback | undefined {
  const url = address(element, 'transcribeCallback', reading)
  if (url === undefined) return undefined
  if (flag(element, 'transcribe', reading) === true) return { url, format: 'form' }
  reading.warn(element, 'transcribeCallback needs transcribe="true", left out')
  return undefined
}

const recordingNews = (element: TwimlElement, reading: Reading): readonly RecordingNews[] =>
  wordsOf(element, 'recordingStatusCallbackEvent', recordingEvents, ['completed'], reading)

/** What `recordingStatusCallback` of a conference was called before; that stands in for it where both are said. */
function whenRecorded(element: TwimlElement, reading: Reading): RecordingCallback | undefined {
  const url = address(element, 'eventCallbackUrl', reading)
  return url === undefined ? undefined : { url, method: 'POST', news: ['completed'] }
}

/**
 * Of a conference: what goes on in it, its beginning and end unless said otherwise, and what becomes of its recording,
 * which may be said of the Dial that leads there.
 */
export function conferenceCallbacks(
  element: TwimlElement,
  reading: Reading,
  ofDial: RecordingCallback | undefined,
): readonly Callback[] {
  const place = placeOf(element, 'statusCallback', reading)
  const words = wordsOf(element, 'statusCallbackEvent', conferenceEvents, ['start', 'end'], reading)
  const events = words.flatMap((word): Callback['events'] => conferenceEvents[word])
  const told: Callback[] = place ? [{ tells: 'conference', ...place, events }] : []
  const recorded = recordingCallback(element, reading) ?? whenRecorded(element, reading) ?? ofDial
  if (recorded === undefined) return told
  const { url, method, news } = recorded
  const ends = news.flatMap((one): Callback['events'] => roomRecordingEvents[one])
  return [...told, { tells: 'recording', url, method, events: ends }]
}
