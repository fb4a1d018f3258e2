import type { Generated, Kysely } from 'kysely'

/**
 * The tables as SQL sees them. Times are Unix milliseconds, truth values 0 and 1, JSON is text: the same
 * on SQLite and PostgreSQL.
 */
export interface Tables {
  accounts: AccountRow
  api_keys: ApiKeyRow
  calls: CallRow
  journal: JournalRow
  events: EventRow
  account_events: AccountEventRow
  deliveries: DeliveryRow
  recordings: RecordingRow
  numbers: NumberRow
  subscriptions: SubscriptionRow
  devices: DeviceRow
  speed_dials: SpeedDialRow
  registrations: RegistrationRow
  trunks: TrunkRow
  mailboxes: MailboxRow
  voicemails: VoicemailRow
  conferences: ConferenceRow
}

export type Db = Kysely<Tables>

export interface AccountRow {
  id: string
  /** 1 = the account that was made first. */
  ordinal: number
  name: string
  default_number: string | null
  record_trigger_calls: number
  webhook_secret: string
  /** Number of the account's last event. */
  last_sequence: number
  created_at_ms: number
  /** AccountLimits. */
  limits: string | null
}

export interface ConferenceRow {
  id: string
  account_id: string
  friendly_name: string
  status: string
  /** ConferenceOptions. */
  options: string
  status_callback: string | null
  created_at_ms: number
  started_at_ms: number | null
  ended_at_ms: number | null
  end_reason: string | null
  peak_participants: number
}

/** A message left for a device. */
export interface VoicemailRow {
  id: string
  account_id: string
  device_id: string
  call_id: string | null
  from_party: string
  received_at_ms: number
  duration_ms: number
  path: string
  heard: number
  transcript: string | null
}

export interface ApiKeyRow {
  hash: string
  account_id: string
  hint: string
  created_at_ms: number
}

export interface CallRow {
  id: string
  account_id: string
  parent_id: string | null
  direction: string
  from_party: string
  to_party: string
  status: string
  end_reason: string | null
  created_at_ms: number
  started_at_ms: number | null
  /** started_at_ms, or created_at_ms as long as that is unknown: what lists are ordered by. */
  begin_ms: number
  answered_at_ms: number | null
  ended_at_ms: number | null
  url: string | null
  method: string
  status_callback: string | null
  record: number
  recording_id: string | null
  trunk_id: string | null
  device_id: string | null
  sip_call_id: string | null
  gathered: string | null
  /** TriggerDetails. */
  trigger_details: string | null
  /** ReceivedDetails. */
  received: string | null
  /** CallQuality. */
  quality: string | null
}

export interface JournalRow {
  id: string
  account_id: string
  call_id: string | null
  business_id: string
  staff_id: string | null
  client_id: string | null
  direction: string
  from_party: string
  to_party: string
  status: string
  rate: string
  provider: string | null
  source_id: string
  external_id: string
  /** JournalDetails. */
  details: string
  handled_by: string | null
  handled_at_ms: number | null
  /** JournalChange[]. */
  changes: string
  /** JournalContent. */
  recorded_as: string | null
  created_at_ms: number
  updated_at_ms: number
}

export interface EventRow {
  account_id: string
  sequence: number
  call_id: string
  type: string
  at_ms: number
  data: string
}

/** An event that is not of a call; its number is out of the same series. */
export interface AccountEventRow {
  account_id: string
  sequence: number
  /** Set for those of a conference. */
  conference_id: string | null
  type: string
  at_ms: number
  data: string
}

/** An open or dead webhook; a delivered one has no row any more. */
export interface DeliveryRow {
  id: Generated<number>
  account_id: string
  sequence: number
  /** `call` or `conference`. */
  subject: string
  subject_id: string
  url: string
  host: string
  /** CallRecord at the time of the event; of a conference { event, conference }. */
  snapshot: string
  attempts: number
  /** Null: waits for an older delivery of the same stream, or dead. */
  due_at_ms: number | null
  dead: number
  last_error: string | null
  /** The dialect of the subscription that asked for it; null = the call's own status callback. */
  renderer: string | null
  /** The subscription's options, JSON, as they were at the event. */
  options: string | null
}

export interface RecordingRow {
  id: string
  account_id: string
  /** Null: of a whole conference. */
  call_id: string | null
  conference_id: string | null
  status: string
  failure: string | null
  path: string
  channels: number
  duration_ms: number | null
  bytes: number | null
  created_at_ms: number
}

export interface NumberRow {
  id: string
  account_id: string
  number: string
  /** NumberRoute. */
  route: string
  created_at_ms: number
}

export interface SubscriptionRow {
  account_id: string
  number: string
  direction: string
  dialect: string
  url: string
  /** JSON. */
  options: string
  created_at_ms: number
}

export interface DeviceRow {
  id: string
  account_id: string
  username: string
  name: string
  ha1_md5: string
  ha1_sha256: string
  created_at_ms: number
  /** DeviceOptions, those that are said. */
  options: string | null
}

export interface SpeedDialRow {
  account_id: string
  code: string
  label: string
  /** SpeedDialTarget. */
  target: string
  created_at_ms: number
}

export interface RegistrationRow {
  device_id: string
  contact: string
  source: string
  user_agent: string | null
  sip_call_id: string
  cseq: number
  expires_at_ms: number
  /** 0: before 0009 it was not noted. */
  registered_at_ms: number
  q: number | null
  /** JSON: an array of Path values. */
  path: string
  instance: string | null
  reg_id: number | null
}

export interface MailboxRow {
  device_id: string
  new: number
  old: number
  urgent_new: number
  urgent_old: number
  updated_at_ms: number
}

export interface TrunkRow {
  id: string
  name: string
  host: string
  port: number
  transport: string
  username: string | null
  password: string | null
  default_caller_id: string | null
  /** JSON array of strings. */
  prefixes: string
  priority: number
  weight: number
  max_calls: number | null
  max_calls_per_second: number | null
  enabled: number
  /** TrunkOptions, those that are said. */
  options: string | null
}
