import { Failure, InsufficientCredits } from '../../core/failures.ts'
import { type AppliedRate, holdFor } from '../../core/money/rate.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'

/** The next minute is set aside so long before it begins. */
const aheadMs = 5_000

type Needs = Pick<Ports, 'clock' | 'log'>

/**
 * What an answered call has to pay: before each minute begins, what it costs is set aside. A call that can't pay for the next minute
 * ends when the one that is paid is over. While the database does not answer the call goes on: its cost is taken
 * at its end.
 */
export class Meter {
  readonly call: LiveCall
  readonly #ports: Needs
  readonly #rate: AppliedRate
  readonly #noticeMs: number
  /** Its minutes are worth looking at, or something of it has changed: see to its account. */
  readonly #look: () => void
  /** Monotonic. */
  readonly #answeredAtMs: number
  #minutes = 1
  #disarm: () => void = () => undefined
  #isGrowing = false
  /** It was told that its next minute can't be paid. */
  isWarned = false

  constructor(
    ports: Needs,
    call: LiveCall,
    rate: AppliedRate,
    { noticeMs, look }: { noticeMs: number; look: () => void },
  ) {
    this.call = call
    this.#ports = ports
    this.#rate = rate
    this.#noticeMs = noticeMs
    this.#look = look
    this.#answeredAtMs = ports.clock.monotonicMs()
    this.#arm()
  }

  /** Monotonic: until then it is paid for. */
  get paidUntilMs(): number {
    return this.#answeredAtMs + holdFor(this.#rate, this.#minutes).coveredMs
  }

  /** The end of what is paid is near enough to be told of. */
  get isNear(): boolean {
    return this.#ports.clock.monotonicMs() >= this.paidUntilMs - this.#noticeMs
  }

  get secondsLeft(): number {
    const leftMs = this.paidUntilMs - this.#ports.clock.monotonicMs()
    return Math.max(0, Math.round(leftMs / 1000))
  }

  /** The minute that is not paid yet: steps of a rate may be longer than one, and pay for several. */
  get #nextMinutes(): number {
    const { coveredMs } = holdFor(this.#rate, this.#minutes)
    return Math.floor(coveredMs / 60_000) + 1
  }

  /** What the next minute costs, beyond what is held. */
  get nextMicro(): number {
    const next = holdFor(this.#rate, this.#nextMinutes).micro
    return next - holdFor(this.#rate, this.#minutes).micro
  }

  /** The account can pay again: what should have been set aside by now is. */
  retry(): void {
    if (this.#ports.clock.monotonicMs() >= this.paidUntilMs - aheadMs) this.#grow(false)
  }

  stop(): void {
    this.#disarm()
  }

  /** First it is looked whether the next minute can be paid, then it is set aside, then the paid one is over. */
  #arm(): void {
    this.#disarm()
    const nowMs = this.#ports.clock.monotonicMs()
    const endMs = this.paidUntilMs
    const steps: readonly (readonly [number, () => void])[] = [
      [endMs - Math.max(this.#noticeMs, aheadMs), this.#look],
      [endMs - aheadMs, () => this.#grow(false)],
      [endMs, () => this.#grow(true)],
    ]
    const timers = steps
      .filter(([atMs], index) => atMs > nowMs || index === steps.length - 1)
      .map(([atMs, act]) => this.#ports.clock.after(Math.max(0, atMs - nowMs), act))
    this.#disarm = () => {
      for (const disarm of timers) disarm()
    }
  }

  #grow(isLast: boolean): void {
    if (this.#isGrowing && !isLast) return
    this.#isGrowing = true
    const minutes = this.#minutes
    this.call.enqueue(async () => {
      if (this.call.state.at !== 'up' || this.#minutes !== minutes) return
      try {
        await this.call.setAside(holdFor(this.#rate, this.#nextMinutes).micro)
        this.#paid()
      } catch (error) {
        this.#refused(error, isLast)
      } finally {
        this.#isGrowing = false
      }
    })
  }

  #paid(): void {
    this.#minutes = this.#nextMinutes
    this.#arm()
    this.#look()
  }

  #refused(error: unknown, isLast: boolean): void {
    if (error instanceof InsufficientCredits) {
      if (isLast) {
        this.call.feed({ is: 'fail', cause: { is: 'failed', reason: 'insufficient_credits' } })
      } else this.#look()
      return
    }
    const why = error instanceof Failure ? error.message : String(error)
    this.#ports.log.error('minute not set aside', { callId: this.call.id, error: why })
    if (isLast) this.#paid()
  }
}
