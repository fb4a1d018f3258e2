import type { Direction } from '../../../core/call.ts'
import type { JournalStatus } from '../../../core/journal.ts'

export interface VoiceCallOptions {
  /** Providers that are accepted besides the document's own; our own calls go by the first of them. */
  readonly providers: readonly string[]
  /** The word for a voicemail in answers: the document's, or the one that took its place. */
  readonly voicemailWord: string
}

const documentProvider = 'VONAGE'

const statusWords = {
  ringing: 'INCOMING_CALL',
  answered: 'ANSWERED_BY_STAFF',
  missed: 'MISSED',
  answered_by_program: 'ANSWERED_BY_CALLS_PROVIDER',
  missed_handled: 'MISSED_CALL_HANDLED',
  voicemail: 'VOICEMAIL_RECEIVED',
} as const satisfies Record<JournalStatus, string>
const newVoicemailWord = 'VOICEMAIL'

export const directions: readonly string[] = ['INBOUND', 'OUTBOUND']
/** Every status that is understood. */
export const statuses: readonly string[] = [...Object.values(statusWords), newVoicemailWord]

/** Between this API's words and ours. Words that come in have passed their checks. */
export interface Words {
  /** Every provider that is understood. */
  readonly providers: readonly string[]
  /** Null is our own. */
  provider(name: string | null): string
  status(status: JournalStatus): string
  direction(direction: Direction): string
}

export function wordsOf({ providers, voicemailWord }: VoiceCallOptions): Words {
  const words: Record<JournalStatus, string> = { ...statusWords, voicemail: voicemailWord }
  return {
    providers: [...new Set([documentProvider, ...providers])],
    provider: (name) => name ?? providers[0] ?? documentProvider,
    status: (status) => words[status],
    direction: (direction) => direction.toUpperCase(),
  }
}

export function readStatus(word: string): JournalStatus {
  if (word === newVoicemailWord) return 'voicemail'
  const found = Object.entries(statusWords).find(([, text]) => text === word)
  if (!found) throw new Error(`${word} passed the checks and is no status`)
  return found[0] as JournalStatus
}

export const readDirection = (word: string): Direction =>
  word === 'INBOUND' ? 'inbound' : 'outbound'
