import type { Delivery } from '../core/ports/store.ts'

const firstRetryMs = 1_000
const maxRetryMs = 3_600_000
const giveUpAfterMs = 72 * 3_600_000

/**
 * The same in each attempt, different in each delivery, so that a receiver can tell a repeat. One event may
 * be told to several receivers, and those may be at one address.
 */
export function deliveryIdOf({ event, renderer, webhookId }: Delivery): string {
  const subject = event.conferenceId ?? event.callId ?? 'account'
  const receiver = webhookId ?? renderer
  return [subject, event.sequence, ...(receiver === null ? [] : [receiver])].join('-')
}

/**
 * When to try again after a failed attempt: after 1 s, 2 s, 4 s, ... up to an hour, each up to a fifth
 * shorter or longer so that many don't come at once. Undefined: 72 h after the event, or after it was to be
 * sent again, it is given up.
 */
export function retryAtMs(delivery: Delivery, nowMs: number, random: number): number | undefined {
  const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** delivery.attempts)
  const atMs = nowMs + Math.round(delayMs * (0.8 + 0.4 * random))
  return atMs > delivery.sinceMs + giveUpAfterMs ? undefined : atMs
}
