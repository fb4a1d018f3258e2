/** Branded identifiers: a CallId cannot be passed where a DeviceId is wanted. All are UUIDs (RFC 9562). */
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type AccountId = Branded<'AccountId'>
/** One leg to one phone. Every dialect shows a view of this one id. */
export type CallId = Branded<'CallId'>
export type RecordingId = Branded<'RecordingId'>
export type DeviceId = Branded<'DeviceId'>
export type TrunkId = Branded<'TrunkId'>
export type NumberId = Branded<'NumberId'>
export type VoicemailId = Branded<'VoicemailId'>
/** Somebody speaks from the server's microphone. */
export type AnnouncementId = Branded<'AnnouncementId'>
export type ConferenceId = Branded<'ConferenceId'>
/** An entry of the call journal; the one about a call of ours has that call's id. */
export type JournalId = Branded<'JournalId'>

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for a lower-case UUID: the only form in which our ids are stored. */
export const isUuid = (text: string): boolean => uuidShape.test(text)
