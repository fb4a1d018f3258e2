import type { Admissions } from './admissions.ts'
import type { IdempotencyDesk } from './idempotency.ts'
import type { RateLimit } from './rate-limit.ts'

/** What all ways to the routes have in common. */
export interface Surroundings {
  /** Of all requests of an account, by whatever way. */
  readonly limit: RateLimit
  readonly admissions: Admissions
  readonly idempotency: IdempotencyDesk
}
