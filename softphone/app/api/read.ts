import type { Contact, Outcome, Presence, RecentCall, Session, Voicemail } from './shapes.ts'

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
  const expiresAtMs = Date.parse(text(body['expiresAt']))
  if (token === '' || Number.isNaN(expiresAtMs)) return undefined
  const username = text(body['username'])
  return { token, expiresAtMs, username, displayName: text(body['displayName'], username) }
}

const presences: readonly string[] = ['available', 'ringing', 'busy', 'offline']

export const readContacts = (body: unknown): readonly Contact[] =>
  rows(body, 'contacts').map((row) => ({
    username: text(row['username']),
    name: text(row['name'], text(row['username'])),
    presence: presences.includes(text(row['presence'])) ? (row['presence'] as Presence) : 'offline',
  }))

const outcomes: Readonly<Record<string, Outcome>> = {
  completed: 'answered',
  busy: 'busy',
  'no-answer': 'no-answer',
  canceled: 'canceled',
  failed: 'failed',
}

export const readCalls = (body: unknown): readonly RecentCall[] =>
  rows(body, 'calls').map((row) => ({
    id: text(row['id']),
    direction: row['direction'] === 'incoming' ? 'incoming' : 'outgoing',
    party: text(row['party'], 'unknown'),
    outcome: outcomes[text(row['status'])] ?? 'live',
    startedAt: date(row['started_at']),
    durationS: seconds(row['duration']),
    sipCallId: textOrNull(row['sip_call_id']),
    isParked: row['parked'] === true,
  }))

export const readVoicemails = (body: unknown): readonly Voicemail[] =>
  rows(body, 'voicemails').map((row) => ({
    id: text(row['id']),
    from: text(row['from'], 'unknown'),
    receivedAt: date(row['received_at']),
    durationS: seconds(row['duration']) ?? 0,
    isHeard: row['heard'] === true,
    transcript: textOrNull(row['transcript']),
  }))
