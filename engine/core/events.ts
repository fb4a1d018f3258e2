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
  // an application could not be asked, or its answer not be read: data.url, data.code, data.error; data.next is asked instead
  'instructions.failed',
  // parts of a document that were passed over: data.warnings
  'instructions.warning',
  // a place that a document has named is heard: data.name, data.atMs (from the beginning of what is spoken)
  'speech.mark',
  // what could not be followed in it: data.warnings
  'speech.warning',
  // it could not be made, or not to its end: data.code, data.error; the call goes on
  'speech.failed',
  // what was said where a verb listened: data.speech (empty: no words), data.confidence (0 to 1, where it is known), data.spokenMs
  'speech.recognised',
  // it could not be made words: data.code, data.error, data.spokenMs; as if nothing had been said
  'speech.not-recognised',
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
  // data.says, data.hears: which of the two is muted now
  'call.muted',
  'call.unmuted',
  // a supervisor hears the call, or not any more: data.by, data.listener, data.mode
  'call.listened',
  'call.unlistened',
  // put on a slot, from where anybody of the account picks it up; unlike call.parked, of a browser that is away
  'park.started',
  'park.ended',
  // by a live action, with data.playbackId
  'playback.started',
  'playback.ended',
  'digits.sent',
  // data.answeredBy, as the sound of its phone told
  'call.answered-by',
  // an application hears the call's audio, or speaks into it
  'media.stream-started',
  'media.stream-stopped',
  // the same by a WebSocket that the engine has dialled: data.streamId, data.name, data.url; of the second data.reason,
  // data.durationMs, data.framesDropped and data.refused; of the third data.code and data.error: it was never there
  'stream.started',
  'stream.stopped',
  'stream.failed',
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
  'transfer.canceled',
  'recording.started',
  'recording.completed',
  // data.reason: no_space, io_error, file_gone, disk_low or process_restarted
  'recording.failed',
  // a message in which nobody spoke; nothing of it is kept. data.reason: silence; data.source
  'recording.discarded',
  'recording.paused',
  'recording.resumed',
  // the thread that wrote it had died, and it goes on: data.spans, of which the newest `lost` one is the gap
  'recording.interrupted',
  'announcement.started',
  'announcement.ended',
  // data.queueId; of the caller's call
  'call.enqueued',
  // data.reason: bridged, leave, hangup, redirected, timeout, error, system-error or process_restarted
  'call.dequeued',
  // did not come into the queue
  'queue.full',
  'queue.agent-ringing',
  'queue.agent-answered',
  // data.reason: no-answer, busy, declined, failed, not-accepted, caller-gone or answered-elsewhere
  'queue.agent-missed',
  'trigger.connected',
  'trigger.failed',
  // the balance does not cover its next minute, or does again
  'credits.low',
  'credits.restored',
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
  // data.boxId, data.voicemailId, data.deviceIds (whose phones the box serves); `heard`: it is among the saved ones now
  'voicemail.left',
  'voicemail.heard',
  // into another folder, or back: data.from, data.to
  'voicemail.moved',
  // data.forGood: or it can be had back for a while
  'voicemail.deleted',
  // somebody could leave no message
  'voicemail.box-full',
  // the e-mail about a message was given up: data.error
  'voicemail.mail-failed',
  // too many wrong PINs: nobody gets in by phone until data.untilMs
  'voicemail.locked',
  // one that told of something outside calls and conferences was given up
  'webhook.failed',
  // so many waited that the oldest for one receiver were given up: data.host, data.givenUp, data.waiting, data.most
  'webhook.backlog-full',
  // somebody wants to see whether it arrives
  'webhook.test',
  // data.queueId
  'queue.created',
  'queue.changed',
  'queue.deleted',
  // data.agentId; data.change: added, changed, removed, paused or unpaused
  'queue.agent-changed',
  // of the recordings: data.freeBytes, data.totalBytes, data.leastBytes; nothing is recorded until it has room again
  'system.disk-low',
  'system.disk-well',
  // fell below a threshold of the account
  'balance.low',
  // topped up, or changed by the operator
  'balance.changed',
  // into the bucket; data.recordingId, data.callId
  'recording.uploaded',
  // data.reason: unreachable, refused, checksum or failed; data.attempts. It is tried again
  'recording.upload-failed',
  // data.recordingId, data.callId, data.characters, data.segments (how many of each)
  'recording.transcribed',
  // data.reason
  'recording.transcription-failed',
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
  // it hears nothing until it is resumed: data.mode (paused or masked), data.spans of that of all
  'conference.recording-paused',
  'conference.recording-resumed',
  // it goes on after a gap, as recording.interrupted: data.spans
  'conference.recording-interrupted',
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
