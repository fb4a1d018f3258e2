import type {
  ContactList,
  Outcome,
  Presence,
  RecentCall,
  Session,
  Voicemail,
  VoicemailFolder,
} from './shapes.ts'

// From the engine's JSON to what the page uses. A field that is missing or of another kind gets what stands
// for "not known", so that one odd row never takes a whole list away.

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null
const text = (value: unknown, otherwise = ''): string =>
  typeof value === 'string' ? value : otherwise
const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null
const seconds = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const date = (value: unknown): Date => new Date(text(value, '1970-01-01T00:00:00Z'))

/** The rows of a list `{ [name]: [...] }`. */
function rows(body: unknown, name: string): readonly Json[] {
  const list = isObject(body) ? body[name] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

/** Undefined when it is no session at all. */
export function readSession(body: unknown): Session | undefined {
  if (!isObject(body)) return undefined
  const token = text(body['token'])
  const expiresAtMs = Date.parse(text(body['expires_at']))
  if (token === '' || Number.isNaN(expiresAtMs)) return undefined
  const username = text(body['username'])
  return { token, expiresAtMs, username, displayName: text(body['display_name'], username) }
}

const presences: readonly string[] = ['available', 'ringing', 'busy', 'offline']
const presenceOf = (value: unknown): Presence =>
  presences.includes(text(value)) ? (value as Presence) : 'offline'

/** Devices first, then numbers and speed dials. */
export function readContacts(body: unknown): ContactList {
  const devices = rows(body, 'contacts').map((row) => ({
    username: text(row['username']),
    name: text(row['name'], text(row['username'])),
    presence: presenceOf(row['presence']),
  }))
  const numbers = rows(body, 'numbers').map((row) => ({
    username: text(row['dial']),
    name: text(row['name'], text(row['dial'])),
    presence: undefined,
  }))
  const testNumber = isObject(body) ? textOrNull(body['test_number']) : null
  return { contacts: [...devices, ...numbers], testNumber }
}

const outcomes: readonly string[] = [
  ...['answered', 'missed', 'no-answer', 'canceled', 'busy', 'declined', 'failed'],
]

export const readCalls = (body: unknown): readonly RecentCall[] =>
  rows(body, 'calls').map((row) => ({
    id: text(row['id']),
    direction: row['direction'] === 'incoming' ? 'incoming' : 'outgoing',
    party: text(row['party'], 'unknown'),
    partyName: textOrNull(row['party_name']) ?? undefined,
    outcome: outcomeOf(row['outcome']),
    isUp: row['status'] === 'in-progress',
    startedAt: date(row['started_at']),
    answeredAt: row['answered_at'] ? date(row['answered_at']) : undefined,
    durationS: seconds(row['duration']),
    sipCallId: textOrNull(row['sip_call_id']),
  }))

function outcomeOf(value: unknown): Outcome {
  if (value === null) return 'live'
  return outcomes.includes(text(value)) ? (value as Outcome) : 'failed'
}

export const readVoicemails = (body: unknown): readonly Voicemail[] =>
  rows(body, 'voicemails').map((row) => ({
    id: text(row['id']),
    from: text(row['from'], 'unknown'),
    fromName: textOrNull(row['from_name']) ?? undefined,
    folder: folderOf(row),
    isUrgent: row['urgent'] === true,
    receivedAt: date(row['received_at']),
    durationS: seconds(row['duration']) ?? 0,
    isHeard: row['heard'] === true,
    transcript: textOrNull(row['transcript']),
    isTranscribing: row['transcript_status'] === 'pending',
  }))

function folderOf({ folder, heard }: Json): VoicemailFolder {
  if (folder === 'saved' || folder === 'deleted') return folder
  return heard === true ? 'saved' : 'new'
}
