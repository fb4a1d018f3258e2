import { createHmac } from 'node:crypto'
import type { Delivery } from '../core/ports/store.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'

const firstRetryMs = 1_000
const maxRetryMs = 3_600_000
const giveUpAfterMs = 72 * 3_600_000

/**
 * `t=<Unix seconds>,v1=<hex>`: v1 is HMAC-SHA256 with the account's key over `<t>.<signed part>`, so
 * that a receiver can refuse both a forged request and an old one sent again.
 */
export function signatureOf(signedPart: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000)
  const hex = createHmac('sha256', secret).update(`${seconds}.${signedPart}`).digest('hex')
  return `t=${seconds},v1=${hex}`
}

/** The body; of a request without one, where everything stands in the address, its path with the query. */
export function signedPartOf({ url, body }: OutgoingRequest): string {
  if (body !== undefined) return body
  const { pathname, search } = new URL(url)
  return pathname + search
}

/**
 * The same in each attempt, different in each delivery, so that a receiver can tell a repeat. One event may
 * be told to several receivers, and those may be at one address.
 */
export function deliveryIdOf({ event, renderer }: Delivery): string {
  const ofEvent = `${event.conferenceId ?? event.callId}-${event.sequence}`
  return renderer === null ? ofEvent : `${ofEvent}-${renderer}`
}

/**
 * When to try again after a failed attempt: after 1 s, 2 s, 4 s, ... up to an hour, each up to a fifth
 * shorter or longer so that many don't come at once. Undefined: 72 h after the event it is given up.
 */
export function retryAtMs(delivery: Delivery, nowMs: number, random: number): number | undefined {
  const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** delivery.attempts)
  const atMs = nowMs + Math.round(delayMs * (0.8 + 0.4 * random))
  return atMs > delivery.event.atMs + giveUpAfterMs ? undefined : atMs
}
