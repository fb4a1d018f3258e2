import type { Machine } from './machine.ts'

/** RFC 3261 section 17.2.2. */
export const nonInviteServer: Machine = {
  initial: 'trying',
  table: {
    trying: {
      request: ['trying'],
      '1xx': ['proceeding', 'send'],
      '2xx': ['completed', 'send'],
      '3xx-6xx': ['completed', 'send'],
    },
    proceeding: {
      request: ['proceeding', 'resend'],
      '1xx': ['proceeding', 'send'],
      '2xx': ['completed', 'send'],
      '3xx-6xx': ['completed', 'send'],
    },
    completed: { request: ['completed', 'resend'], J: ['terminated'] },
    terminated: {},
  },
  timers: { completed: ['J'] },
}
