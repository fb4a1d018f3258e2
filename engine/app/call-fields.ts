import type { CallRecord } from '../core/call.ts'

type Fields = Readonly<Record<string, unknown>>

/** What an application that is asked for instructions is told about the call; `extra` over it. */
export const callFields = (call: CallRecord, extra: Fields = {}, callerName?: string): Fields => ({
  call_id: call.id,
  account_id: call.accountId,
  parent_call_id: call.parentId,
  direction: call.direction,
  status: call.status,
  from: call.from,
  to: call.to,
  ...(callerName !== undefined && { caller_name: callerName }),
  ...(call.received && {
    sip_headers: call.received.sipHeaders,
    diversion: call.received.diversion,
  }),
  ...answeredBy(call),
  ...extra,
})

/** Who has answered, where that was listened for. */
function answeredBy(call: CallRecord): Fields {
  const who = 'answeredBy' in call ? call.answeredBy : null
  return who === null || who === undefined ? {} : { answered_by: who }
}

/** Names of forms where they are not those of ours in capitals. */
const formNames: Readonly<Record<string, string>> = {
  call_id: 'CallSid',
  account_id: 'AccountSid',
  parent_call_id: 'ParentCallSid',
  dial_status: 'DialCallStatus',
  dial_call_id: 'DialCallSid',
  dial_duration: 'DialCallDuration',
  recording_id: 'RecordingSid',
  transcription_id: 'TranscriptionSid',
  speech: 'SpeechResult',
  stable_speech: 'StableSpeechResult',
  unstable_speech: 'UnstableSpeechResult',
  queue_id: 'QueueSid',
  // So it is written there.
  dequeuing_call_id: 'DequeingCallSid',
  stream_id: 'StreamSid',
  refer_status: 'ReferCallStatus',
  refer_sip_status: 'ReferSipResponseCode',
}

/** `queue_result` is `QueueResult`, `finished_on_key` `FinishedOnKey`. */
const formName = (name: string): string =>
  formNames[name] ??
  name.replace(/(?:^|_)([a-z])/g, (_whole, letter: string) => letter.toUpperCase())

/** A form's words are a closed list: to its reader, whoever is at a voicemail box has been connected. */
const formValue = (name: string, value: unknown): unknown =>
  name === 'dial_status' && value === 'voicemail' ? 'completed' : value

const directions = { inbound: 'inbound', outbound: 'outbound-api' } as const

/** The same as a form, by the names that users of TwiML know; ids are those of the native API. */
export function formFields(
  call: CallRecord,
  extra: Fields = {},
  callerName?: string,
): Record<string, unknown> {
  const isChild = call.parentId !== null
  const [diverted] = call.received?.diversion ?? []
  const headers = Object.entries(call.received?.sipHeaders ?? {})
  const fields: Record<string, unknown> = {
    CallSid: call.id,
    AccountSid: call.accountId,
    From: call.from,
    To: call.to,
    Caller: call.from,
    Called: call.to,
    CallStatus: call.status,
    Direction: isChild ? 'outbound-dial' : directions[call.direction],
    ApiVersion: '2010-04-01',
    ParentCallSid: call.parentId,
    CallerName: callerName,
    ForwardedFrom: diverted?.from,
  }
  for (const [name, value] of headers) fields[`SipHeader_${name}`] = value
  for (const [name, value] of Object.entries({ ...answeredBy(call), ...extra })) {
    fields[formName(name)] = formValue(name, value)
  }
  return fields
}
