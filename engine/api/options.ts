import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Dialect } from './dialect.ts'
import type { Certificate } from './frame/secure-listener.ts'
import type { SipRelay } from './frame/sip-socket.ts'
import type { Services } from './services.ts'

export interface Readiness {
  readonly ready: boolean
  /** What was looked at, each with `ok` or the reason why not. */
  readonly checks: Readonly<Record<string, string>>
}

/** A number of the lab carrier and what it does, for the start page. */
export interface LabNumber {
  readonly number: string
  readonly does: string
}

/** The listener for HTTPS. */
export interface HttpsOptions {
  /** 0 = any free port. */
  readonly port: number
  readonly certificate: Certificate
  /** Nobody asked for it: when its port can't be had, that is logged and there is none. */
  readonly isOptional?: boolean
}

export interface ApiOptions {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** The same routes over TLS, on the same host; without it there is plain HTTP alone. */
  readonly https?: HttpsOptions
  /** Each is a folder under dialects/; the composition root picks them. */
  readonly dialects: readonly Dialect[]
  readonly services: Services
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly observe: {
    readonly log: Log
    /** The text of /metrics (Prometheus exposition format). */
    metricsText(): Promise<string>
  }
  readiness(): Readiness
  readonly version: string
  /** Where clients reach us, without a slash at the end. */
  readonly publicUrl: string
  readonly labNumbers?: readonly LabNumber[]
  /** Where the browser phone is, once it was built. Absolute path. */
  readonly phoneFolder?: string
  /** Proxies whose X-Forwarded headers are believed: addresses or networks. */
  readonly trustedProxies?: readonly string[]
  /** Which dialects answer over plain HTTP; without it those that do not need HTTPS. */
  readonly plainHttp?: 'allow' | 'refuse' | 'by-dialect'
  /** Where WebSockets for SIP at /sip are handed on; without it there are none. */
  readonly sipRelay?: SipRelay
  /** Origins of pages that may open WebSockets besides those of the host that is asked; `*`: all. */
  readonly socketOrigins?: readonly string[]
  readonly limits?: Partial<Limits>
}

export interface Limits {
  readonly bodyBytes: number
  readonly requestsPerSecond: number
  readonly connections: number
  /** WebSockets of one account at a time. */
  readonly socketsOfAccount: number
  /** A request must be complete after this. */
  readonly requestMs: number
  /** A silent connection is closed after this. */
  readonly idleMs: number
  /** How long close() lets answers finish. */
  readonly closeMs: number
}

export const defaultLimits: Limits = {
  bodyBytes: 1_048_576,
  requestsPerSecond: 100,
  connections: 8_000,
  socketsOfAccount: 1_000,
  requestMs: 30_000,
  idleMs: 120_000,
  closeMs: 5_000,
}
