import type { RunningSip } from './index.ts'

/** What of the SIP application is on the metrics page: name, help, value. */
export const sipFigures: readonly [
  string,
  string,
  (counts: ReturnType<RunningSip['counts']>) => number,
][] = [
  ['dialogs', 'SIP dialogs that are up, of calls and of subscriptions', (is) => is.dialogs],
  ['digests_failed', 'Wrong passwords and unknown users since the start', (is) => is.digestsFailed],
  ['lockouts', 'Addresses that were locked out since the start', (is) => is.lockouts],
  [
    'stray_requests',
    'Requests that belong to no dialog, since the start',
    (is) => is.strayRequests,
  ],
]
