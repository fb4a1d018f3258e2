import type { Generated, Kysely } from 'kysely'
import type { CallMoneyColumns, MoneyTables } from './money/rows.ts'

/**
 * The tables as SQL sees them. Times are Unix milliseconds, truth values 0 and 1, JSON is text: the same
 * on SQLite and PostgreSQL.
 */
export interface Tables extends MoneyTables {
  accounts: AccountRow
  api_keys: ApiKeyRow
  idempotency_keys: IdempotencyRow
  calls: CallRow
  journal: JournalRow
  events: EventRow
  account_events: AccountEventRow
  deliveries: DeliveryRow
  webhooks: WebhookRow
  recordings: RecordingRow
  recording_links: RecordingLinksRow
  recording_settings: RecordingSettingsRow
  recording_chain: RecordingChainRow
  numbers: NumberRow
  subscriptions: SubscriptionRow
  devices: DeviceRow
  speed_dials: SpeedDialRow
  prompts: PromptRow
  registrations: RegistrationRow
  trunks: TrunkRow
  mailboxes: MailboxRow
  voicemail_boxes: VoicemailBoxRow
  voicemail_box_devices: BoxDeviceRow
  voicemail_box_numbers: BoxNumberRow
  voicemail_messages: VoicemailRow
  pin_tries: PinTriesRow
  conferences: ConferenceRow
  queues: QueueRow
  queue_waits: QueueWaitRow
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
  /** Signs too, until then. */
  previous_webhook_secret: string | null
  previous_webhook_secret_until_ms: number | null
  /** Number of the account's last event. */
  last_sequence: number
  /** The greatest number of an event that is not kept any more; null: all are. */
  events_gone_to: number | null
  created_at_ms: number
  /** AccountLimits. */
  limits: string | null
  /** DefaultApplication. */
  application: string | null
  status: string
  requests_per_second: number | null
  listen_notice: string | null
}

export interface RecordingLinksRow {
  account_id: string
  generation: number
  webhook_ttl_s: number | null
  revoked_at_ms: number | null
}

export interface ConferenceRow {
  id: string
  account_id: string
  friendly_name: string
  status: string
  /** ConferenceOptions. */
  options: string
  status_callback: string | null
  /** A list of Callback. */
  callbacks: string | null
  created_at_ms: number
  started_at_ms: number | null
  ended_at_ms: number | null
  end_reason: string | null
  peak_participants: number
}

export interface QueueRow {
  id: string
  account_id: string
  name: string
  /** QueueOptions. */
  options: string
  /** A list of QueueAgent. */
  agents: string
  /** QueueFigures. */
  figures: string
  created_at_ms: number
}

/** A call that waits in a queue now. */
export interface QueueWaitRow {
  call_id: string
  queue_id: string
  account_id: string
  entered_at_ms: number
}

export interface VoicemailBoxRow {
  id: string
  account_id: string
  /** BoxOptions, those that are said. */
  options: string
  pin_hash: string | null
  /** By GreetingKind. */
  greetings: string
  created_at_ms: number
}

/** Whom a box serves. */
export interface BoxDeviceRow {
  device_id: string
  box_id: string
}
export interface BoxNumberRow {
  number_id: string
  box_id: string
}

/** A message left in a box; its audio is its recording's. */
export interface VoicemailRow {
  id: string
  account_id: string
  box_id: string
  recording_id: string
  call_id: string | null
  from_party: string
  from_name: string | null
  to_party: string
  reason: string
  received_at_ms: number
  duration_ms: number
  folder: string
  urgent: number
  heard_at_ms: number | null
  deleted_at_ms: number | null
  expires_at_ms: number | null
}

export interface ApiKeyRow {
  hash: string
  account_id: string
  hint: string
  created_at_ms: number
  id: string
  name: string
  /** JSON array; null: all. */
  scopes: string | null
  test: number
  expires_at_ms: number | null
  last_used_at_ms: number | null
}

/** A request with an Idempotency-Key, for a day. */
export interface IdempotencyRow {
  account_id: string
  key_hash: string
  operation: string
  request_hash: string
  resource_id: string
  created_at_ms: number
  reply: string | null
}

export interface CallRow extends CallMoneyColumns {
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
  /** A list of Callback. */
  callbacks: string | null
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
  answered_by: string | null
  test: number
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

/** A webhook that is to be sent, was sent not long ago, or was given up. */
export interface DeliveryRow {
  id: Generated<number>
  account_id: string
  sequence: number
  /** The event without account and sequence, JSON; null: it was not there any more when this column was made. */
  event: string | null
  /** `call`, `conference` or `account`. */
  subject: string
  subject_id: string
  /** Of which it is a part: see streams.ts. */
  stream: string
  /** Of the account's webhook that wants it; null: a status callback, or a subscription of a number. */
  webhook_id: string | null
  url: string
  host: string
  /** CallRecord at the time of the event; of a conference { conference }; for a webhook { call, legs }. */
  snapshot: string
  attempts: number
  /** Null: waits for an older delivery of the same stream, or is not open. */
  due_at_ms: number | null
  /** `open`, `delivered` or `dead`. */
  state: string
  last_error: string | null
  /** The dialect that was asked for it; null = a status callback. */
  renderer: string | null
  /** Its options, JSON, as they were at the event; null too when it is not open. */
  options: string | null
  /** From when on it is tried: the event, or when it was to be sent again. */
  since_ms: number | null
  created_at_ms: number | null
  settled_at_ms: number | null
  /** HTTP status and duration of the last attempt. */
  answer_status: number | null
  took_ms: number | null
}

/** An address that is told what happens to an account. */
export interface WebhookRow {
  id: string
  account_id: string
  renderer: string
  /** The dialect's own, JSON. */
  options: string
  url: string
  /** JSON: an array of patterns. */
  events: string
  triggered_only: number
  description: string | null
  enabled: number
  secret: string
  previous_secret: string | null
  previous_until_ms: number | null
  created_at_ms: number
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
  source: string | null
  format: string | null
  rate_hz: number | null
  /** JSON array of RecordingSpan. */
  spans: string | null
  sha256: string | null
  /** JSON. */
  encryption: string | null
  place: string | null
  /** JSON. */
  upload: string | null
  uploaded_at_ms: number | null
  hold_reason: string | null
  retain_until_ms: number | null
  deleting_at_ms: number | null
  transcript_status: string | null
  /** Transcript. */
  transcript: string | null
  transcript_failure: string | null
  /** 1: the steps after its end are not all done. */
  unsettled: number | null
}

export interface RecordingSettingsRow {
  account_id: string
  /** RecordingSettings. */
  settings: string
}

/** ChainEntry. */
export interface RecordingChainRow {
  account_id: string
  sequence: number
  day: string
  kind: string
  recording_id: string | null
  at_ms: number
  data: string
  previous: string
  hash: string
  signature: string
}

export interface NumberRow {
  id: string
  account_id: string
  number: string
  /** NumberRoute. */
  route: string
  created_at_ms: number
  /** ForwardingRules; null: none. */
  forwarding: string | null
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

export interface PromptRow {
  id: string
  account_id: string
  name: string
  format: string
  rate_hz: number
  duration_ms: number
  centi_lufs: number | null
  bytes: number
  file: string
  created_at_ms: number
  updated_at_ms: number
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

export interface PinTriesRow {
  /** Of whom, and at what door. */
  key: string
  /** Since the last lock. */
  wrong: number
  locks: number
  at_ms: number
  forgotten_at_ms: number
}
