import type { Clock } from '../core/clock.ts'
import { isMailUrl, type MailDeliveries, type MailOutcome } from '../core/ports/mail.ts'
import type { Log, Metrics } from '../core/ports/observe.ts'
import type { Delivery, Store } from '../core/ports/store.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'
import type { AllowedTarget } from '../core/targets.ts'
import { createFetch, type GuardedFetch } from './fetch.ts'
import { createGuard, type Lookup } from './guard.ts'
import { Lanes, type Pace } from './lanes.ts'
import { signedHeaders } from './signatures.ts'
import { deliveryIdOf, retryAtMs } from './webhook.ts'

const maxInFlight = 32
const attemptTimeoutMs = 10_000
/** An answer that takes longer than this keeps others waiting for a place. */
const slowMs = 2_000
/** Pause after the store itself failed. */
const storeFaultMs = 5_000
const closeWaitMs = 5_000
/** Due times are wall time, which may jump. */
const maxSleepMs = 60_000

type Rendered = OutgoingRequest | undefined

export interface DeliveryOptions {
  readonly outbox: Store['outbox']
  /** What may be reached beyond the public internet. */
  readonly allowed: readonly AllowedTarget[]
  /** What it is signed with, the newest first; without any a webhook goes out unsigned. */
  readonly secrets: (delivery: Delivery) => Promise<readonly string[]>
  /** What the receiver gets. Undefined: nobody here can write it any more, so it is given up. */
  readonly render: (delivery: Delivery) => Rendered | Promise<Rendered>
  /** Who sends what goes to an e-mail address; without it that is given up. */
  readonly mail?: MailDeliveries | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'webhook'>
  readonly lookup?: Lookup
  /** 0 to 1, for the jitter of retries. */
  readonly random?: () => number
}

export interface Deliveries {
  /** Looks at the outbox now. The outbox itself tells of new deliveries; this is for everything else. */
  wake(): void
  /** Starts nothing more and waits up to 5 s for what is under way; that is sent again next time. */
  close(): Promise<void>
}

/**
 * Empties the outbox over HTTP, and by e-mail: in order for each receiver of a call, side by side otherwise, retried until
 * received.
 * A receiver may get a webhook twice (a crash after its answer), never in another order.
 */
export function startDeliveries(options: DeliveryOptions): Deliveries {
  const deliveries = new OutboxDrain(options)
  deliveries.wake()
  return { wake: () => deliveries.wake(), close: () => deliveries.close() }
}

type Outcome = MailOutcome

class OutboxDrain {
  readonly #options: DeliveryOptions
  readonly #fetch: GuardedFetch
  readonly #lanes = new Lanes()
  readonly #inFlight = new Map<number, Promise<void>>()
  readonly #abort = new AbortController()
  readonly #unwatch: () => void
  #pumping: Promise<void> | undefined
  #pumpAgain = false
  #closed = false
  #disarm: () => void = () => undefined

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#fetch = createFetch(createGuard(options.allowed, options.lookup), options.clock)
    this.#unwatch = options.outbox.watch(() => this.wake())
  }

  wake(): void {
    if (this.#closed) return
    this.#pumpAgain = true
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined
      // Woken between its last look and now.
      if (this.#pumpAgain) this.wake()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#unwatch()
    this.#disarm()
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const disarm = this.#options.clock.after(closeWaitMs, resolve)
    await this.#pumping
    await Promise.race([this.#idle(), late])
    disarm()
    this.#abort.abort()
    await this.#idle()
  }

  async #idle(): Promise<void> {
    await Promise.all(this.#inFlight.values())
  }

  async #pump(): Promise<void> {
    const { outbox, clock, log } = this.#options
    try {
      while (this.#pumpAgain && !this.#closed) {
        this.#pumpAgain = false
        const nowMs = clock.nowMs()
        while (await this.#startDue(nowMs)) {}
        const nextMs = await outbox.nextDueMs(nowMs)
        if (nextMs !== undefined) this.#arm(nextMs - clock.nowMs())
      }
    } catch (error) {
      log.error('the outbox cannot be read', { error })
      this.#arm(storeFaultMs)
    }
  }

  #arm(delayMs: number): void {
    this.#disarm()
    if (this.#closed) return
    this.#disarm = this.#options.clock.after(Math.min(maxSleepMs, Math.max(0, delayMs)), () =>
      this.wake(),
    )
  }

  /** Starts what is due and may start; true if there may be more. */
  async #startDue(nowMs: number): Promise<boolean> {
    const free = maxInFlight - this.#inFlight.size
    if (free <= 0 || this.#closed) return false
    const skip = { ids: [...this.#inFlight.keys()], hosts: this.#lanes.full() }
    const due = await this.#options.outbox.due(nowMs, free, skip)
    const started = due.filter((delivery) => this.#start(delivery))
    return started.length > 0 && due.length === free
  }

  #start(delivery: Delivery): boolean {
    const { id, host } = delivery
    if (this.#closed || this.#inFlight.has(id) || !this.#lanes.mayStart(host)) return false
    this.#lanes.started(host)
    this.#inFlight.set(id, this.#carryOut(delivery))
    return true
  }

  /** One attempt and what comes of it. Never rejects. */
  async #carryOut(delivery: Delivery): Promise<void> {
    const { clock, log } = this.#options
    const beganMs = clock.monotonicMs()
    const outcome = await this.#attempt(delivery)
    const tookMs = clock.monotonicMs() - beganMs
    const pace = paceOf(outcome, tookMs)
    // Given up by close(): it stays due, so the next process sends it.
    const isLeft = outcome.is === 'unanswered' && this.#abort.signal.aborted
    try {
      if (!isLeft) await this.#settle(delivery, outcome, tookMs)
      this.#inFlight.delete(delivery.id)
    } catch (error) {
      // It looks due still: kept back for a while, or it would be sent over and over.
      log.error('the outcome of a webhook could not be stored', { id: delivery.id, error })
      clock.after(storeFaultMs, () => {
        this.#inFlight.delete(delivery.id)
        this.wake()
      })
    }
    this.#lanes.ended(delivery.host, pace)
    this.wake()
  }

  async #attempt(delivery: Delivery): Promise<Outcome> {
    if (isMailUrl(delivery.url)) return this.#mail(delivery)
    const rendered = await this.#rendered(delivery)
    if ('is' in rendered) return rendered
    try {
      const { status } = await this.#send(delivery, rendered)
      if (status >= 200 && status <= 299) return { is: 'delivered', status }
      return { is: 'refused', error: `HTTP ${status}`, isFinal: status === 410, status }
    } catch (error) {
      return { is: 'unanswered', error: messageOf(error) }
    }
  }

  async #mail(delivery: Delivery): Promise<Outcome> {
    const { mail, log } = this.#options
    if (mail === undefined) {
      return { is: 'refused', error: 'no mail server is set here', isFinal: true }
    }
    try {
      return await mail.attempt(delivery, this.#abort.signal)
    } catch (error) {
      // A fault of ours or of the store: repeated like a failure.
      log.error('an e-mail could not be written', { id: delivery.id, error })
      return { is: 'refused', error: messageOf(error), isFinal: false }
    }
  }

  /** The request to make, or why there is none: that says nothing about the receiver. */
  async #rendered(delivery: Delivery): Promise<OutgoingRequest | Outcome> {
    const { render, log } = this.#options
    try {
      const request = await render(delivery)
      if (request === undefined) {
        const error = `nothing here writes webhooks of "${delivery.renderer ?? 'calls'}" any more`
        return { is: 'refused', error, isFinal: true }
      }
      if (URL.parse(request.url)?.host === delivery.host) return request
      const error = `the address that was written is not on ${delivery.host}`
      return { is: 'refused', error, isFinal: true }
    } catch (error) {
      // A bug of ours, or a fault of the store: repeated like a failure, so that a better version still tells the receiver.
      log.error('a webhook could not be written', { id: delivery.id, error })
      return { is: 'refused', error: messageOf(error), isFinal: false }
    }
  }

  async #send(delivery: Delivery, request: OutgoingRequest) {
    const { clock, secrets } = this.#options
    const keys = await secrets(delivery)
    const { signature, ...sent } = request
    return this.#fetch({
      ...sent,
      headers: { ...request.headers, 'x-ringdown-delivery': deliveryIdOf(delivery) },
      // A redirect goes elsewhere: what covers the address is made anew.
      headersFor: ({ url, body }) =>
        signedHeaders(
          { url, ...(body !== undefined && { body }), ...(signature && { signature }) },
          keys,
          clock.nowMs(),
        ),
      timeoutMs: attemptTimeoutMs,
      maxBytes: 0,
      keepsMethod: true,
      signal: this.#abort.signal,
    })
  }

  async #settle(delivery: Delivery, outcome: Outcome, tookMs: number): Promise<void> {
    const attempt = { status: ('status' in outcome && outcome.status) || null, tookMs }
    const { outbox, clock, metrics, log, random = Math.random } = this.#options
    if (outcome.is === 'later') return outbox.putOff(delivery.id, outcome.atMs)
    if (outcome.is === 'delivered') {
      await outbox.delivered(delivery.id, attempt)
      metrics.webhook('delivered')
      if (isMailUrl(delivery.url)) await this.#options.mail?.delivered(delivery)
      return
    }
    const { error } = outcome
    const isFinal = outcome.is === 'refused' && outcome.isFinal
    const atMs = isFinal ? undefined : retryAtMs(delivery, clock.nowMs(), random())
    const { host, event } = delivery
    const { conferenceId, callId } = event
    const subject = conferenceId === undefined ? { callId } : { conferenceId }
    // Not the address: its path and query may hold a key.
    const about = { ...subject, host, event: event.type, error }
    if (atMs === undefined) {
      await outbox.dead(delivery.id, error, attempt)
      log.warn('a webhook was given up', about)
      return metrics.webhook('dead')
    }
    await outbox.retryAt(delivery.id, atMs, error, attempt)
    // The first failure is news, the hundredth is not.
    const level = delivery.attempts === 0 ? 'warn' : 'debug'
    log[level]('a webhook failed and will be repeated', {
      ...about,
      attempts: delivery.attempts + 1,
    })
    metrics.webhook('retried')
  }
}

function paceOf({ is }: Outcome, tookMs: number): Pace {
  if (is === 'unanswered') return 'failing'
  return tookMs > slowMs ? 'slow' : 'well'
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300)
