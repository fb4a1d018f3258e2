import type { Machine } from './machine.ts'

/** RFC 3261 section 17.1.2. */
export const nonInviteClient: Machine = {
  initial: 'trying',
  table: {
    trying: {
      '1xx': ['proceeding', 'up'],
      '2xx': ['completed', 'up'],
      '3xx-6xx': ['completed', 'up'],
      E: ['trying', 'resend'],
      F: ['terminated', 'timeout'],
      sendFailed: ['terminated', 'failed'],
    },
    proceeding: {
      '1xx': ['proceeding', 'up'],
      '2xx': ['completed', 'up'],
      '3xx-6xx': ['completed', 'up'],
      E: ['proceeding', 'resend'],
      F: ['terminated', 'timeout'],
      sendFailed: ['terminated', 'failed'],
    },
    completed: { K: ['terminated'] },
    terminated: {},
  },
  timers: { trying: ['E', 'F'], proceeding: ['E', 'F'], completed: ['K'] },
}
