/** Branded identifiers: a CallId cannot be passed where a DeviceId is wanted. All but BoxId are UUIDs (RFC 9562). */
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type AccountId = Branded<'AccountId'>
/** One leg to one phone. Every dialect shows a view of this one id. */
export type CallId = Branded<'CallId'>
/** Of an API key: not the key. */
export type KeyId = Branded<'KeyId'>
/** A file of sound that an account has stored. */
export type PromptId = Branded<'PromptId'>
export type RecordingId = Branded<'RecordingId'>
export type DeviceId = Branded<'DeviceId'>
export type TrunkId = Branded<'TrunkId'>
export type NumberId = Branded<'NumberId'>
/** A message in a voicemail box. */
export type VoicemailId = Branded<'VoicemailId'>
/** Somebody speaks from the server's microphone. */
export type AnnouncementId = Branded<'AnnouncementId'>
export type ConferenceId = Branded<'ConferenceId'>
/** An address that is told what happens to an account. */
export type WebhookId = Branded<'WebhookId'>
export type QueueId = Branded<'QueueId'>
/** Somebody who takes calls of one queue. */
export type AgentId = Branded<'AgentId'>
/** An entry of the call journal; the one about a call of ours has that call's id. */
export type JournalId = Branded<'JournalId'>

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for a lower-case UUID: the only form in which our ids are stored. */
export const isUuid = (text: string): boolean => uuidShape.test(text)

/** A voicemail box: `VM` and ten digits, which people and phones can type. */
export type BoxId = Branded<'BoxId'>

export const isBoxId = (text: string): text is BoxId => /^VM\d{10}$/.test(text)

/** Box ids are drawn from UUIDs: a fresh one gives a fresh id, but for one in 10 milliards. */
export const boxIdOf = (uuid: string): BoxId =>
  `VM${(BigInt(`0x${uuid.replaceAll('-', '')}`) % 10_000_000_000n).toString().padStart(10, '0')}` as BoxId
