import type { Clock } from './clock.ts'
import type { Counters } from './counters.ts'
import type { DialogStore } from './dialog/dialog.ts'
import type { Inbound } from './dialog/inbound.ts'
import type { Outbound } from './dialog/outbound.ts'
import type { RegisteredFlows } from './dialog/registered-flows.ts'
import type { PassingCalls } from './proxy/passing.ts'
import type { Random } from './random.ts'
import type { Timing } from './timing.ts'
import type { TransactionLayer } from './transaction/layer.ts'
import type { Guard } from './transport/guard.ts'
import type { Transports } from './transport/transports.ts'

/** An application connection as the SIP side sees it. */
export interface App {
  readonly id: number
  readonly open: boolean
  /** Sends one frame; the length prefix is added. Does nothing once closed. */
  send(payload: string): void
}

/** Which application gets a new request. */
export interface AppChoice {
  /** round robin over the open connections that registered the verb */
  pick(verb: string): App | undefined
  /**
   * Connects to an application that waits for calls, a connection for each; undefined where applications
   * come to us. `done` gets nobody if it cannot be had, and says whether the connection is still wanted.
   */
  dial: ((done: (app: App | undefined) => boolean) => void) | undefined
}

export type LogEvent = { readonly event: string } & Readonly<Record<string, unknown>>

/** What every part of one running server shares. */
export interface Context {
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
  readonly counters: Counters
  readonly transports: Transports
  readonly transactions: TransactionLayer
  readonly apps: AppChoice
  /** identities of unanswered requests outside dialogs, to tell copies (RFC 3261 8.2.2.2) */
  readonly offered: Set<string>
  /** received requests that an application may still answer, by transaction id */
  readonly inbound: Map<string, Inbound>
  /** sent requests without a final response, by transaction id */
  readonly outbound: Map<string, Outbound>
  /** those of them that ask for a subscription, by dialog id: a NOTIFY may overtake the answer */
  readonly subscribing: Map<string, Outbound>
  readonly dialogs: DialogStore
  readonly registered: RegisteredFlows
  readonly passing: PassingCalls
  readonly guard?: Guard | undefined
  /** 100 to an application's INVITE is shown to it, which the protocol does not do by itself */
  readonly showsTrying: boolean
  log(event: LogEvent): void
  /** runs what an outside event asks for; an error is counted and logged, never thrown */
  contain(work: () => void): void
}
