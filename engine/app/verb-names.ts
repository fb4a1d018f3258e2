import type { Verb } from '../core/verbs.ts'

/** How a field is named in documents and in the engine; `s` counts seconds there and milliseconds here. */
type Name = readonly [document: string, engine: string, unit?: 's']

/** Fields that have the same name in both are not listed. */
const names = {
  say: [],
  play: [['on_failure', 'onFailure']],
  pause: [['length', 'durationMs', 's']],
  gather: [
    ['num_digits', 'numDigits'],
    ['min_digits', 'minDigits'],
    ['finish_on_key', 'finishOnKey'],
    ['barge_in', 'bargeIn'],
    ['action_on_empty', 'actionOnEmpty'],
    ['timeout', 'timeoutMs', 's'],
    ['digit_timeout', 'digitTimeoutMs', 's'],
    ['speech_timeout', 'speechTimeoutMs', 's'],
    ['max_speech', 'maxSpeechMs', 's'],
    ['partial_callback', 'partialCallback'],
    ['partial_callback_method', 'partialCallbackMethod'],
  ],
  dial: [
    ['timeout', 'timeoutMs', 's'],
    ['time_limit', 'timeLimitMs', 's'],
    ['pass_headers', 'passHeaders'],
    ['hangup_on_star', 'hangupOnStar'],
    ['ring_tone', 'ringTone'],
    ['answer_on_bridge', 'answerOnBridge'],
    ['on_machine', 'onMachine'],
    ['on_failure', 'onFailure'],
    ['queue_url', 'queueUrl'],
    ['queue_method', 'queueMethod'],
    ['refer_url', 'referUrl'],
    ['refer_method', 'referMethod'],
  ],
  target: [
    ['send_digits', 'sendDigits'],
    ['status_callback', 'statusCallback'],
  ],
  record: [
    ['beep_every', 'beepEveryMs', 's'],
    ['mask_with', 'maskWith'],
    ['mask_digits', 'maskDigits'],
    ['recording_id', 'recordingId'],
  ],
  recordMessage: [
    ['max_length', 'maxLengthMs', 's'],
    ['silence', 'silenceMs', 's'],
    ['finish_on_keys', 'finishOnKeys'],
    ['status_callback', 'statusCallback'],
    ['status_callback_method', 'statusCallbackMethod'],
    ['status_callback_events', 'statusCallbackEvents'],
    ['transcribe_callback', 'transcribeCallback'],
  ],
  reject: [['sip_status', 'sipStatus']],
  stream: [
    ['buffer_ms', 'bufferMs'],
    ['status_callback', 'statusCallback'],
    ['status_callback_method', 'statusCallbackMethod'],
  ],
} as const satisfies Partial<Record<Verb['verb'] | 'target', readonly Name[]>>

export type Renamed = keyof typeof names

/** The name that a verb has in documents. */
export const verbInDocument = (verb: Verb['verb']): string =>
  verb.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

type Fields = Readonly<Record<string, unknown>>

/** What a document says, with the engine's names. */
export function fromDocument(of: Renamed, given: Fields): Fields {
  const byName = new Map<string, Name>(names[of].map((name) => [name[0], name]))
  const entries = Object.entries(given).map(([field, value]): [string, unknown] => {
    const [, name = field, unit] = byName.get(field) ?? []
    return [name, unit === 's' && typeof value === 'number' ? Math.round(value * 1_000) : value]
  })
  return Object.fromEntries(entries)
}

/** The reverse of `fromDocument`. */
export function toDocument(of: Renamed, given: Fields): Record<string, unknown> {
  const byName = new Map<string, Name>(names[of].map((name) => [name[1], name]))
  const entries = Object.entries(given).map(([field, value]): [string, unknown] => {
    const [name = field, , unit] = byName.get(field) ?? []
    return [name, unit === 's' && typeof value === 'number' ? value / 1_000 : value]
  })
  return Object.fromEntries(entries)
}
