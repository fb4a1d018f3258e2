import { callbackOf } from '../../../core/callbacks.ts'
import type { BoxDelivery, CallDelivery, ConferenceDelivery } from '../../../core/ports/store.ts'
import type { OutgoingRequest } from '../../../core/ports/web.ts'
import type { RecordingUrl } from '../../services.ts'
import { renderRecord } from './conference-values.ts'
import { renderCallNews, renderConferenceNews } from './document-callbacks.ts'
import { renderLogged } from './event-values.ts'
import { jsonRequest } from './form-request.ts'
import { renderParticipant } from './participant-values.ts'
import { renderCall } from './render-call.ts'
import { isoTime, snakeKeys } from './values.ts'

/**
 * The body of a status webhook: compact JSON `{"event","sequence","call"}`, where `event` is e.g.
 * `call.ringing` and `sequence` orders all events of the account.
 */
export function renderEvent(
  { event, call }: Pick<CallDelivery, 'event' | 'call'>,
  recordingUrl: RecordingUrl,
): string {
  return JSON.stringify({
    event: event.type,
    sequence: event.sequence,
    call: renderCall(call, recordingUrl),
  })
}

/** A status webhook: its event by POST to the address that the call was given, or what its document wants. */
export function renderCallback(
  delivery: Pick<CallDelivery, 'event' | 'call' | 'url'> & Partial<Pick<CallDelivery, 'options'>>,
  recordingUrl: RecordingUrl,
): OutgoingRequest {
  const callback = callbackOf(delivery.options)
  if (callback) return renderCallNews(callback, delivery, recordingUrl)
  return {
    url: delivery.url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: renderEvent(delivery, recordingUrl),
  }
}

/**
 * A status webhook of a conference: compact JSON `{"event","sequence","at","conference","participant","data"}`, all as
 * they were at the event; `participant` is null when it is about the conference as a whole.
 */
export function renderConferenceCallback(
  delivery: Pick<ConferenceDelivery, 'event' | 'conference' | 'url'> &
    Partial<Pick<ConferenceDelivery, 'options'>>,
  recordingUrl: RecordingUrl = () => null,
): OutgoingRequest {
  const callback = callbackOf(delivery.options)
  if (callback) return renderConferenceNews(callback, delivery, recordingUrl)
  const { event, conference, url } = delivery
  const { participant } = conference
  return jsonRequest(
    { url, method: 'POST' },
    {
      event: event.type,
      sequence: event.sequence,
      at: isoTime(event.atMs),
      conference: renderRecord(conference),
      participant: participant && renderParticipant(participant),
      data: snakeKeys(event.data),
    },
  )
}

/** What a voicemail box tells its own address: the event as it stands in the log, its type as `event`. */
export function renderBoxCallback({
  event,
  url,
}: Pick<BoxDelivery, 'event' | 'url'>): OutgoingRequest {
  const { type, ...rest } = renderLogged(event)
  return jsonRequest({ url, method: 'POST' }, { event: type, ...rest })
}
