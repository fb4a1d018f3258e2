import type { AccountId, CallId, ConferenceId } from './ids.ts'

/**
 * What can happen to a call. Webhooks, pages and records are views of this one ordered log.
 * `call.<status>` is written at each change of status; the others tell what went on inside it.
 */
export const callEventTypes = [
  'call.queued',
  'call.ringing',
  'call.in-progress',
  'call.completed',
  'call.failed',
  'call.busy',
  'call.no-answer',
  'call.canceled',
  'call.redirected',
  'trunk.failed',
  'program.failed',
  'verb.started',
  'verb.ended',
  'digit.received',
  'bridge.started',
  'bridge.ended',
  'call.held',
  'call.resumed',
  'call.parked',
  'call.unparked',
  'call.taken-over',
  'media.lost',
  'media.back',
  // what is heard here or there has become bad, or is good again
  'quality.degraded',
  'quality.restored',
  // at the end of each leg that audio went over, after its last status
  'call.quality',
  'transfer.started',
  'transfer.progress',
  'transfer.completed',
  'transfer.failed',
  'recording.started',
  'recording.completed',
  'recording.failed',
  'announcement.started',
  'announcement.ended',
  'trigger.connected',
  'trigger.failed',
  'webhook.failed',
] as const
export type CallEventType = (typeof callEventTypes)[number]

/** An event before the log has given it a number. `data` is JSON. */
export interface EventDraft {
  readonly type: CallEventType
  readonly callId: CallId
  readonly atMs: number
  readonly data: Readonly<Record<string, unknown>>
}

export interface CallEvent extends EventDraft {
  readonly accountId: AccountId
  /** 1, 2, 3, ... per account without gaps. */
  readonly sequence: number
  readonly conferenceId?: never
}

/**
 * What can happen to an account outside its calls; in the same log, by the same numbers. What concerns
 * the whole installation, as a trunk does, is told to its first account, the operator's.
 */
export const accountEventTypes = [
  'device.registered',
  'device.unregistered',
  'device.locked',
  // so many of the two above in a minute that the rest of that minute's is left out
  'device.events-suppressed',
  'trunk.up',
  'trunk.down',
  'trunk.registered',
  'trunk.registration-failed',
  'message.received',
  'message.failed',
  // heard, not heard after all, or deleted
  'voicemail.changed',
] as const
export type AccountEventType = (typeof accountEventTypes)[number]

export interface AccountEventDraft {
  readonly type: AccountEventType
  readonly atMs: number
  readonly data: Readonly<Record<string, unknown>>
}

export interface AccountEvent extends AccountEventDraft {
  readonly accountId: AccountId
  readonly sequence: number
  readonly callId: null
  readonly conferenceId?: never
}

/**
 * What can happen to a conference, in the account's same log. `data` of `participant.*` has the member's
 * `callId`; `conference.ended`, `participant.left`, `.failed`, `.refused` and `conference.recording-failed` have a `reason`.
 */
export const conferenceEventTypes = [
  'conference.created',
  'conference.started',
  'conference.ended',
  'conference.locked',
  'conference.unlocked',
  'conference.changed',
  // data.callId; null: nobody speaks
  'conference.active-speaker',
  // also of one member: then with data.callId
  'conference.recording-started',
  'conference.recording-completed',
  'conference.recording-failed',
  'participant.joined',
  'participant.left',
  // was called, or on his way in, and has not come
  'participant.failed',
  // was not let in: data.reason is wrong_pin, conference_locked or conference_full
  'participant.refused',
  'participant.muted',
  'participant.unmuted',
  'participant.held',
  'participant.resumed',
  'participant.changed',
  'participant.speaking-started',
  'participant.speaking-stopped',
  'conference.announcement-started',
  'conference.announcement-ended',
  'conference.webhook-failed',
] as const
export type ConferenceEventType = (typeof conferenceEventTypes)[number]

/** Of who speaks: many a minute. */
export const speakingEventTypes: ReadonlySet<ConferenceEventType> = new Set([
  'conference.active-speaker',
  'participant.speaking-started',
  'participant.speaking-stopped',
] as const)

export interface ConferenceEventDraft {
  readonly type: ConferenceEventType
  readonly conferenceId: ConferenceId
  readonly atMs: number
  readonly data: Readonly<Record<string, unknown>>
}

export interface ConferenceEvent extends ConferenceEventDraft {
  readonly accountId: AccountId
  readonly sequence: number
  /** It is not of a call; `data.callId` is whom it is about. */
  readonly callId: null
}

export type LoggedEvent = CallEvent | AccountEvent | ConferenceEvent
