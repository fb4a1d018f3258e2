import type { CallEnd } from '../../device/types.ts'
import type { RecentCall } from '../api/shapes.ts'
import { spokenLength } from './time.ts'

/** How a call ended, for people. */
export interface EndWords {
  readonly title: string
  readonly detail: string
  /** Whether it did what the caller wanted. */
  readonly isGood: boolean
}

/** By SIP status (RFC 3261 section 21): the title, and what to make of it. */
const statusWords: Readonly<Record<number, readonly [title: string, detail: string]>> = {
  401: ['Not signed in', 'The server did not accept this login. Sign in again.'],
  402: ['No credit', 'The account can not pay for this call.'],
  403: ['Not allowed', 'The server does not let this phone call there.'],
  404: ['Unknown number', 'There is nobody at that number.'],
  407: ['Not signed in', 'The server did not accept this login. Sign in again.'],
  408: ['No answer', 'The other side did not respond.'],
  410: ['Unknown number', 'That number is not in use any more.'],
  415: ['No common audio format', 'The two phones have no way of sending audio in common.'],
  416: ['Unknown number', 'That is not an address that can be called.'],
  480: ['Not reachable', 'Nobody answered there.'],
  481: ['Call over', 'There is no such call any more.'],
  484: ['Number incomplete', 'Some digits are missing.'],
  486: ['Busy', 'They are on another call.'],
  487: ['No answer', 'It rang, and nobody answered.'],
  488: ['No common audio format', 'The two phones have no way of sending audio in common.'],
  500: ['The server failed', 'Try again in a moment.'],
  502: ['The network failed', 'The call got stuck on its way. Try again.'],
  503: ['Out of service', 'The line or the server can not take calls now.'],
  504: ['The network failed', 'The call got stuck on its way. Try again.'],
  600: ['Busy', 'They are on another call.'],
  603: ['Declined', 'They do not want to talk now.'],
  604: ['Unknown number', 'There is nobody at that number.'],
  606: ['No common audio format', 'The two phones have no way of sending audio in common.'],
}

/** Digits as dialled at home, which are no number in E.164. */
const isHomeNumber = (party: string): boolean => /^\d+$/.test(party)

/** The words for the end of a call; `answered`: it had been up, `party`: what was dialled. */
export function endWords(end: CallEnd, answered: boolean, incoming: boolean, party = ''): EndWords {
  if (end.by === 'failure' && answered)
    return { title: 'Call lost', detail: end.reason, isGood: false }
  if (answered)
    return { title: 'Call ended', detail: end.by === 'local' ? '' : 'They hung up.', isGood: true }
  if (incoming) return incomingWords(end)
  if (end.by === 'local') return { title: 'Call given up', detail: '', isGood: true }
  const [title, detail] = statusWords[end.sipStatus ?? 0] ?? ['Call failed', end.reason]
  if (end.sipStatus === 404 && isHomeNumber(party))
    return { title, detail: 'Telephone numbers begin with + and the country code.', isGood: false }
  return { title, detail, isGood: false }
}

function incomingWords(end: CallEnd): EndWords {
  if (end.by === 'local') return { title: 'Call declined', detail: '', isGood: true }
  if (end.by === 'failure') return { title: 'Call failed', detail: end.reason, isGood: false }
  if (end.answeredElsewhere) {
    return { title: 'Answered elsewhere', detail: 'Another of your phones took it.', isGood: true }
  }
  return { title: 'Missed call', detail: 'They gave up.', isGood: false }
}

/** One line for a call in the list of recent calls. */
export function recentWords({ direction, outcome, durationS }: RecentCall): string {
  const incoming = direction === 'incoming'
  switch (outcome) {
    case 'answered':
      return `${incoming ? 'Incoming' : 'Outgoing'}, ${spokenLength(durationS ?? 0)}`
    case 'live':
      return 'On now'
    case 'busy':
      return incoming ? 'Missed, you were busy' : 'Busy'
    case 'missed':
    case 'no-answer':
      return incoming ? 'Missed' : 'No answer'
    case 'declined':
      return incoming ? 'Declined' : 'They declined'
    case 'canceled':
      return incoming ? 'Missed' : 'Given up'
    case 'failed':
      return incoming ? 'Failed' : 'Could not be connected'
  }
}

/** Missed: someone wanted to talk and nobody did. */
export const isMissed = ({ direction, outcome }: RecentCall): boolean =>
  direction === 'incoming' && ['missed', 'busy', 'no-answer', 'canceled'].includes(outcome)
