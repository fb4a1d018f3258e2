import type { Static } from 'typebox'
import type { BoxChange, BoxNow } from '../../../app/directory/voicemail-boxes.ts'
import type { Voicemail } from '../../../app/directory/voicemails.ts'
import { Failure } from '../../../core/failures.ts'
import {
  type BoxOptions,
  type Greeting,
  type GreetingKind,
  greetingKinds,
} from '../../../core/ports/voicemail.ts'
import { isoTime } from './values.ts'
import type { boxChangeSchema, newGreetingSchema } from './voicemail-box-schema.ts'

/** Name in documents, in the engine, and how many of the engine's are one of the documents'. */
const fields = [
  ['name', 'name'],
  ['language', 'language'],
  ['voice', 'voice'],
  ['email', 'email'],
  ['email_audio', 'emailAudio'],
  ['after_email', 'afterEmail'],
  ['webhook_url', 'webhookUrl'],
  ['max_message_seconds', 'maxMessageMs', 1_000],
  ['min_message_seconds', 'minMessageMs', 1_000],
  ['max_messages', 'maxMessages'],
  ['max_total_seconds', 'maxTotalMs', 1_000],
  ['silence_seconds', 'silenceMs', 1_000],
  ['retention_days', 'retentionDays'],
  ['keep_deleted_days', 'keepDeletedDays'],
  ['review', 'review'],
  ['transcribe', 'transcribe'],
  ['pin_on_own_phones', 'pinOnOwnPhones'],
  ['operator', 'operator'],
] as const satisfies readonly (readonly [string, keyof BoxOptions, number?])[]

/** What a body says of a box. */
export function readBoxChange(given: Static<typeof boxChangeSchema>): BoxChange {
  const { pin, devices, numbers, ...rest } = given
  const said = rest as Readonly<Record<string, unknown>>
  const options = fields.flatMap(([document, engine, unit]) => {
    const value = said[document]
    if (value === undefined) return []
    return [[engine, unit && typeof value === 'number' ? Math.round(value * unit) : value]]
  })
  return {
    ...(Object.fromEntries(options) as Partial<BoxOptions>),
    ...(pin !== undefined && { pin }),
    ...(devices && { devices }),
    ...(numbers && { numbers }),
  }
}

export function renderBox({ box, counts, lockedUntilMs }: BoxNow) {
  const options = fields.map(([document, engine, unit]) => {
    const value = box.options[engine]
    return [document, unit && typeof value === 'number' ? value / unit : value]
  })
  return {
    id: box.id,
    ...(Object.fromEntries(options) as Record<(typeof fields)[number][0], unknown>),
    has_pin: box.pinHash !== null,
    locked_until: {
      own_phones: timeOr(lockedUntilMs.own),
      others: timeOr(lockedUntilMs.outside),
    },
    ...{ devices: box.devices, numbers: box.numbers },
    greetings: Object.fromEntries(
      greetingKinds.map((kind) => [kind, renderGreeting(box.greetings[kind])]),
    ),
    messages: {
      ...{ new: counts.new, saved: counts.old },
      ...{ urgent_new: counts.urgentNew, urgent_saved: counts.urgentOld },
    },
    date_created: isoTime(box.createdAtMs),
  }
}

function renderGreeting(greeting: Greeting | undefined) {
  if (!greeting) return null
  return greeting.kind === 'file' ? { kind: greeting.kind } : greeting
}

/** Failure `not_found`. */
export function readGreetingKind(text: string): GreetingKind {
  const kind = greetingKinds.find((one) => one === text)
  if (kind) return kind
  throw new Failure('not_found', `There is no such greeting: ${greetingKinds.join(', ')}`)
}

/** Failure `invalid_request`. */
export function readGreeting({ text, url }: Static<typeof newGreetingSchema>): Greeting {
  if ((text === undefined) === (url === undefined)) {
    throw new Failure('invalid_request', 'Give one of text and url', 'text')
  }
  return text === undefined ? { kind: 'url', url: url ?? '' } : { kind: 'text', text }
}

export const renderMessage = ({ message, recording }: Voicemail) => ({
  id: message.id,
  box_id: message.boxId,
  folder: message.folder,
  heard: message.heardAtMs !== null,
  urgent: message.urgent,
  from: message.from,
  from_name: message.fromName,
  to: message.to,
  reason: message.reason,
  call_id: message.callId,
  recording_id: message.recordingId,
  received_at: isoTime(message.receivedAtMs),
  heard_at: timeOr(message.heardAtMs),
  deleted_at: timeOr(message.deletedAtMs),
  expires_at: timeOr(message.expiresAtMs),
  duration: message.durationMs / 1_000,
  transcript_status: recording.transcriptStatus ?? null,
  transcript: recording.transcript?.text ?? null,
})

const timeOr = (atMs: number | null) => (atMs === null ? null : isoTime(atMs))
