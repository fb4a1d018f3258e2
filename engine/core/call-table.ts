import type { CallState, EndCause } from './call.ts'
import { causeOfSipStatus } from './call.ts'

/** Everything that can happen to one call, from SIP, the API, its program, timers and media. */
export type CallInput =
  | { readonly is: 'progress' }
  | { readonly is: 'answered' }
  | { readonly is: 'rejected'; readonly sipStatus: number }
  /** The INVITE came to nothing before a phone rang, and the call has another trunk now. */
  | { readonly is: 'trunkFailed' }
  /** A device sent us elsewhere before anybody answered, and the call goes there now. */
  | { readonly is: 'redirected' }
  | { readonly is: 'remoteHangup' }
  | { readonly is: 'remoteCancel' }
  | { readonly is: 'accept' }
  | { readonly is: 'reject'; readonly sipStatus: number }
  | { readonly is: 'hangup'; readonly by: 'api' | 'program' | 'peer' }
  | { readonly is: 'noAnswerTimeout' }
  | { readonly is: 'durationLimit' }
  | { readonly is: 'mediaLost' }
  | { readonly is: 'fail'; readonly cause: EndCause }

/** What must be done about it, in order, after the new state is stored. */
export type Effect =
  | { readonly do: 'sendInvite' }
  | { readonly do: 'sendCancel' }
  | { readonly do: 'sendBye' }
  | { readonly do: 'sendFinal'; readonly sipStatus: number }
  | { readonly do: 'armNoAnswer' }
  | { readonly do: 'armDurationLimit' }
  /** From now on its phone is to be heard. */
  | { readonly do: 'watchMedia' }
  | { readonly do: 'disarm' }
  | { readonly do: 'runProgram' }
  | { readonly do: 'release' }

export type Step = readonly [next: CallState, ...effects: Effect[]]
type Rule<I extends CallInput['is']> = (
  input: Extract<CallInput, { is: I }>,
  nowMs: number,
  state: CallState,
) => Step
type Row = { readonly [I in CallInput['is']]?: Rule<I> }

const ended = (cause: EndCause, ...effects: Effect[]): Step => [
  { at: 'ended', cause },
  { do: 'disarm' },
  ...effects,
  { do: 'release' },
]

function endedAfterAnswer(state: CallState, cause: EndCause, ...effects: Effect[]): Step {
  const answeredAtMs = state.at === 'up' ? state.sinceMs : undefined
  return [
    answeredAtMs === undefined ? { at: 'ended', cause } : { at: 'ended', cause, answeredAtMs },
    { do: 'disarm' },
    ...effects,
    { do: 'release' },
  ]
}

const answeredByRemote: Rule<'answered'> = (_input, nowMs) => [
  { at: 'up', sinceMs: nowMs },
  { do: 'disarm' },
  { do: 'armDurationLimit' },
  { do: 'watchMedia' },
  { do: 'runProgram' },
]

/** Outbound, before an answer: the same whether or not a 18x has come. */
const unanswered: Row = {
  answered: answeredByRemote,
  rejected: (input) => ended(causeOfSipStatus(input.sipStatus)),
  remoteHangup: () => ended({ is: 'rejected', sipStatus: 487 }),
  hangup: (input) => ended({ is: 'canceled', by: input.by }, { do: 'sendCancel' }),
  noAnswerTimeout: () => ended({ is: 'noAnswer' }, { do: 'sendCancel' }),
  fail: (input) => ended(input.cause, { do: 'sendCancel' }),
}

const up: Row = {
  remoteHangup: (_input, _nowMs, state) => endedAfterAnswer(state, { is: 'hangup', by: 'remote' }),
  // It was on its way when we answered, a call or the phone that takes one over: there is no dialog to end any more.
  remoteCancel: (_input, _nowMs, state) => endedAfterAnswer(state, { is: 'hangup', by: 'remote' }),
  hangup: (input, _nowMs, state) =>
    endedAfterAnswer(state, { is: 'hangup', by: input.by }, { do: 'sendBye' }),
  durationLimit: (_input, _nowMs, state) =>
    endedAfterAnswer(state, { is: 'failed', reason: 'duration_limit' }, { do: 'sendBye' }),
  mediaLost: (_input, _nowMs, state) =>
    endedAfterAnswer(state, { is: 'mediaLost' }, { do: 'sendBye' }),
  fail: (input, _nowMs, state) => endedAfterAnswer(state, input.cause, { do: 'sendBye' }),
}

/** A call that we make. */
export const outboundTable: { readonly [S in CallState['at']]: Row } = {
  queued: {
    ...unanswered,
    progress: () => [{ at: 'ringing' }],
    trunkFailed: () => [{ at: 'queued' }, { do: 'sendInvite' }],
    redirected: () => [{ at: 'queued' }, { do: 'sendInvite' }],
  },
  ringing: { ...unanswered, redirected: () => [{ at: 'ringing' }, { do: 'sendInvite' }] },
  up,
  ended: {},
}

/** A call that came to us. It is not answered before its program says so. */
export const inboundTable: { readonly [S in CallState['at']]: Row } = {
  queued: {},
  ringing: {
    accept: (_input, nowMs) => [
      { at: 'up', sinceMs: nowMs },
      { do: 'disarm' },
      { do: 'armDurationLimit' },
      { do: 'watchMedia' },
    ],
    reject: (input) =>
      ended(causeOfSipStatus(input.sipStatus), { do: 'sendFinal', sipStatus: input.sipStatus }),
    remoteCancel: () => ended({ is: 'canceled', by: 'remote' }),
    remoteHangup: () => ended({ is: 'canceled', by: 'remote' }),
    hangup: (input) => ended({ is: 'canceled', by: input.by }, { do: 'sendFinal', sipStatus: 480 }),
    noAnswerTimeout: () => ended({ is: 'noAnswer' }, { do: 'sendFinal', sipStatus: 480 }),
    fail: (input) => ended(input.cause, { do: 'sendFinal', sipStatus: 500 }),
  },
  up,
  ended: {},
}

/**
 * One step of a call. Undefined means that the input has no meaning in this state (a late response, a
 * second hang-up): it is ignored and counted.
 */
export function step(
  direction: 'inbound' | 'outbound',
  state: CallState,
  input: CallInput,
  nowMs: number,
): Step | undefined {
  const table = direction === 'outbound' ? outboundTable : inboundTable
  const rule = table[state.at][input.is] as Rule<typeof input.is> | undefined
  return rule?.(input as never, nowMs, state)
}

/** How a fresh call starts: state and effects before any input. */
export const begin = {
  outbound: [{ at: 'queued' }, { do: 'armNoAnswer' }, { do: 'sendInvite' }],
  inbound: [{ at: 'ringing' }, { do: 'armNoAnswer' }, { do: 'runProgram' }],
} as const satisfies Record<'inbound' | 'outbound', Step>
