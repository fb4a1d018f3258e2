import type { BoxId } from './ids.ts'

/** Where a call goes that somebody does not take: a box (`own`: the one of whose rule it is), a device or a number. */
export type ForwardTo =
  | { readonly kind: 'voicemail'; readonly box: BoxId | 'own' }
  | { readonly kind: 'to'; readonly to: string }

export const leastNoAnswerMs = 5_000
export const mostNoAnswerMs = 120_000

/** What becomes of calls for a device or a number that are not taken there. Absent: they end as they do. */
export interface ForwardingRules {
  /** It is not rung at all. */
  readonly always?: ForwardTo
  /** Busy, or declined. */
  readonly busy?: ForwardTo
  readonly noAnswer?: ForwardTo & { readonly afterMs: number }
  /** No phone could be reached; absent: as `noAnswer`. */
  readonly unreachable?: ForwardTo
}

export type ForwardReason = 'always' | 'busy' | 'no-answer' | 'unreachable'

/** Those that are said. */
export const forwardingKeys = ['always', 'busy', 'noAnswer', 'unreachable'] as const

export const hasRules = (rules: ForwardingRules | undefined): rules is ForwardingRules =>
  rules !== undefined && forwardingKeys.some((key) => rules[key] !== undefined)
