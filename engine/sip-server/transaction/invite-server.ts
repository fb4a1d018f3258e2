import type { Machine } from './machine.ts'

/** RFC 3261 section 17.2.1 with the Accepted state of RFC 6026 section 7.1. */
export const inviteServer: Machine = {
  initial: 'proceeding',
  table: {
    proceeding: {
      request: ['proceeding', 'resend'],
      '1xx': ['proceeding', 'send'],
      '2xx': ['accepted', 'send'],
      '3xx-6xx': ['completed', 'send'],
    },
    // the layer above repeats the 2xx until it is acknowledged; the request again changes nothing
    accepted: {
      request: ['accepted'],
      '2xx': ['accepted', 'send'],
      ack: ['accepted', 'up'],
      L: ['terminated'],
    },
    completed: {
      request: ['completed', 'resend'],
      ack: ['confirmed'],
      G: ['completed', 'resend'],
      H: ['terminated', 'unacknowledged'],
    },
    confirmed: { request: ['confirmed'], ack: ['confirmed'], I: ['terminated'] },
    terminated: {},
  },
  timers: { accepted: ['L'], completed: ['G', 'H'], confirmed: ['I'] },
}
