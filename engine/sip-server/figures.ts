import type { SipServerStats } from './server.ts'

/** Events that an operator should see without asking; the others are for debugging. */
export const eventLevel: Readonly<Record<string, 'warn' | 'error'>> = {
  'sip.fault': 'error',
  'control.refused': 'warn',
  'sip.stress': 'warn',
  'tls.unusable': 'warn',
}

/** What of the server is on the metrics page: name, help, value. */
export const serverFigures: readonly [string, string, (figures: SipServerStats) => number][] = [
  [
    'transactions',
    'SIP transactions under way',
    (is) => is.transactions.client + is.transactions.server,
  ],
  ['faults', 'Faults of the SIP server itself, since the start', (is) => is.faults],
  [
    'banned',
    'SIP messages dropped because their address is banned, since the start',
    ({ dropped }) => dropped.banned,
  ],
  [
    'rate_limited',
    'SIP messages dropped because their address sent too many, since the start',
    ({ dropped }) => dropped.rateLimited,
  ],
  [
    'dropped',
    'SIP messages dropped for whatever is wrong with them, since the start',
    ({ dropped }) => Object.values(dropped).reduce((sum, count) => sum + count, 0),
  ],
]
