import { bridgeDelay } from './bridge-delay.ts'
import { codecs } from './codecs.ts'
import { connections } from './connections.ts'
import { flood } from './flood.ts'
import { inviteDelay } from './invite-delay.ts'
import { keyDelay } from './key-delay.ts'
import { listPages } from './list-pages.ts'
import { memory } from './memory.ts'
import { recordedCalls } from './recorded-calls.ts'
import { recovery } from './recovery.ts'
import { registrations } from './registrations.ts'
import type { Bench } from './report.ts'
import { sipKnee } from './sip-knee.ts'
import { sipLeaks } from './sip-leaks.ts'
import { sipRate } from './sip-rate.ts'
import { sipText } from './sip-text.ts'

/** In the order in which they run. */
export const benches: readonly Bench[] = [
  inviteDelay,
  keyDelay,
  bridgeDelay,
  codecs,
  recordedCalls,
  recovery,
  sipRate,
  sipKnee,
  registrations,
  connections,
  sipText,
  sipLeaks,
  listPages,
  memory,
  flood,
]
