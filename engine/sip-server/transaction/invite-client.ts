import type { Machine } from './machine.ts'

/** RFC 3261 section 17.1.1 with the Accepted state of RFC 6026 section 7.2. */
export const inviteClient: Machine = {
  initial: 'calling',
  table: {
    calling: {
      '1xx': ['proceeding', 'up'],
      '2xx': ['accepted', 'up'],
      '3xx-6xx': ['completed', 'ack', 'up'],
      A: ['calling', 'resend'],
      B: ['terminated', 'timeout'],
      sendFailed: ['terminated', 'failed'],
      giveUp: ['terminated', 'timeout'],
    },
    proceeding: {
      '1xx': ['proceeding', 'up'],
      '2xx': ['accepted', 'up'],
      '3xx-6xx': ['completed', 'ack', 'up'],
      giveUp: ['terminated', 'timeout'],
    },
    // every 2xx goes up: a repeated one is acknowledged again, one of another fork is ended
    accepted: { '2xx': ['accepted', 'up'], M: ['terminated'] },
    completed: { '3xx-6xx': ['completed', 'ack'], D: ['terminated'] },
    terminated: {},
  },
  timers: { calling: ['A', 'B'], accepted: ['M'], completed: ['D'] },
}
