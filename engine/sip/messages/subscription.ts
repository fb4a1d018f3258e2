import type { DeviceRecord } from '../../core/ports/store.ts'
import type { Context, InDialog } from '../context.ts'
import type { RequestIn } from '../link/link.ts'
import { summaryEvent, summaryType } from './message-summary.ts'

export interface SubscriptionOptions {
  readonly device: DeviceRecord
  readonly dialogId: string
  /** Where the subscriber is, for finding the registration of the same phone. */
  readonly contact: string
  /** What the lamp shall show now. */
  summary(): Promise<string>
  /** Proves itself anew and asks for more time. */
  refresh(request: RequestIn): void
  over(): void
}

/** How long a subscription that is ended waits for the answer to its last NOTIFY. */
const lingerMs = 32_000

/**
 * One subscription to a mailbox's lamp: a dialog (RFC 6665) in which each NOTIFY waits for the answer to
 * the one before, so that an older state never comes last.
 */
export class Subscription implements InDialog {
  readonly options: SubscriptionOptions
  readonly #ctx: Context
  #expiresAtMs = 0
  /** Why it ends, in the words of Subscription-State; undefined while it runs. */
  #ending: string | undefined
  #notifying = false
  #changed = false
  #over = false
  #disarm = (): void => {}

  constructor(ctx: Context, options: SubscriptionOptions) {
    this.#ctx = ctx
    this.options = options
    ctx.legs.addDialog(options.dialogId, this)
  }

  receive(request: RequestIn): void {
    if (request.method === 'SUBSCRIBE') this.options.refresh(request)
    else if (request.method === 'BYE') request.respond(481)
    else request.respond(405, { headers: { Allow: 'SUBSCRIBE' } })
  }

  /** From now on for so long; 0 ends it with one last word. */
  grant(seconds: number): void {
    this.#disarm()
    if (seconds === 0) {
      this.end('timeout')
      return
    }
    this.#expiresAtMs = this.#ctx.clock.monotonicMs() + seconds * 1000
    this.#disarm = this.#ctx.clock.after(seconds * 1000, () => this.end('timeout'))
    this.notify()
  }

  /** The counts may have changed. */
  notify(): void {
    if (this.#over) return
    if (this.#notifying) {
      this.#changed = true
      return
    }
    this.#notifying = true
    this.#changed = false
    this.options.summary().then(
      (summary) => this.#send(summary),
      (error: unknown) => {
        this.#ctx.log.warn('mailbox not known', { error: String(error) })
        this.#forget()
      },
    )
  }

  /** A last NOTIFY says why (RFC 6665 section 4.1.3); then the dialog is gone. */
  end(reason: string): void {
    if (this.#ending !== undefined || this.#over) return
    this.#ending = reason
    this.#disarm()
    this.#disarm = this.#ctx.clock.after(lingerMs, () => this.#forget())
    this.notify()
  }

  /** The dialog may be gone with the connection: the answer to a NOTIFY tells. */
  linkUp(): void {
    this.#notifying = false
    this.notify()
  }

  /** We are going down; the phone shall come again later. */
  hangUp(): void {
    this.end('probation;retry-after=30')
  }

  get ended(): boolean {
    return this.#over || this.#ending !== undefined
  }

  #send(summary: string): void {
    if (this.#over) return
    const last = this.#ending !== undefined
    this.#ctx.link.request(
      {
        method: 'NOTIFY',
        dialogId: this.options.dialogId,
        headers: {
          Event: summaryEvent,
          'Subscription-State': this.#state(),
          Contact: `<sip:${this.#ctx.publicAddress}>`,
          'Content-Type': summaryType,
        },
        body: summary,
      },
      {
        response: ({ status }) => {
          if (status >= 200) this.#answered(last || status >= 300)
        },
        failed: (why) => {
          // On the next connection it is tried again.
          if (why.is === 'linkDown' && !last) this.#notifying = false
          else this.#answered(true)
        },
      },
    )
  }

  #state(): string {
    if (this.#ending !== undefined) return `terminated;reason=${this.#ending}`
    const leftMs = this.#expiresAtMs - this.#ctx.clock.monotonicMs()
    return `active;expires=${Math.max(0, Math.ceil(leftMs / 1000))}`
  }

  #answered(isOver: boolean): void {
    this.#notifying = false
    if (isOver) this.#forget()
    else if (this.#changed || this.#ending !== undefined) this.notify()
  }

  #forget(): void {
    if (this.#over) return
    this.#over = true
    this.#disarm()
    this.#ctx.legs.removeDialog(this.options.dialogId)
    this.options.over()
  }
}
