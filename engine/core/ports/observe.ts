import type { CallQuality } from '../quality.ts'

/** Structured log lines: a message and fields. Values are escaped by the writer. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  child(fields: Readonly<Record<string, unknown>>): Log
}

/** Figures for /metrics. */
export interface Metrics {
  /** A call reached a final status. */
  callEnded(direction: string, status: string, durationMs: number): void
  /** An input that had no rule in the call's state. */
  inputIgnored(input: string): void
  /** From the API's accept to the INVITE handed to SIP; from the key to the lead's INVITE. */
  observeMs(name: 'accept_to_invite' | 'key_to_lead_invite', valueMs: number): void
  /** One of these took longer than is promised. */
  overBudget(name: 'accept_to_invite' | 'key_to_lead_invite'): void
  /** Of a leg that is over and that audio went over. */
  legQuality(quality: CallQuality): void
  webhook(outcome: 'delivered' | 'retried' | 'dead'): void
}
