/**
 * The one catalogue of what can go wrong for a caller of ours. Every outside world (a dialect, SIP)
 * maps these codes; an error that is not a Failure is a bug and answered as `internal_error`.
 */
export const failures = {
  invalid_request: { http: 400 },
  invalid_json: { http: 400 },
  missing_parameter: { http: 400 },
  unknown_parameter: { http: 400 },
  invalid_phone_number: { http: 400 },
  same_number: { http: 400 },
  from_not_owned: { http: 400 },
  invalid_audio: { http: 400 },
  url_not_allowed: { http: 400 },
  url_unreachable: { http: 400 },
  unauthorized: { http: 401 },
  insufficient_credits: { http: 402 },
  forbidden: { http: 403 },
  account_suspended: { http: 403 },
  account_closed: { http: 403 },
  https_required: { http: 403 },
  target_not_allowed: { http: 403 },
  not_found: { http: 404 },
  method_not_allowed: { http: 405 },
  callee_no_answer: { http: 408 },
  already_exists: { http: 409 },
  idempotency_conflict: { http: 409 },
  request_in_progress: { http: 409 },
  // the engine ended while it did what was asked; nobody knows how far it came
  outcome_unknown: { http: 409 },
  callee_busy: { http: 409 },
  call_busy: { http: 409 },
  call_canceled: { http: 409 },
  call_ended: { http: 409 },
  call_live: { http: 409 },
  call_not_answered: { http: 409 },
  not_bridged: { http: 409 },
  not_recording: { http: 409 },
  no_transfer: { http: 409 },
  call_already_answered: { http: 409 },
  conference_ended: { http: 409 },
  conference_full: { http: 409 },
  conference_locked: { http: 409 },
  device_not_registered: { http: 409 },
  recording_in_progress: { http: 409 },
  // encrypted with a key that the engine does not hold
  recording_sealed: { http: 409 },
  recording_on_hold: { http: 409 },
  microphone_busy: { http: 409 },
  // the log ends before the number that somebody has read up to
  cursor_ahead: { http: 409 },
  // whoever had asked for it does not want it any more
  webhook_gone: { http: 409 },
  body_too_large: { http: 413 },
  unsupported_media_type: { http: 415 },
  range_not_satisfiable: { http: 416 },
  no_route: { http: 422 },
  callee_rejected: { http: 424 },
  upgrade_required: { http: 426 },
  limit_reached: { http: 429 },
  rate_limited: { http: 429 },
  internal_error: { http: 500 },
  // the stored audio is not what was sealed
  recording_damaged: { http: 500 },
  call_failed: { http: 502 },
  speech_unavailable: { http: 503 },
  // no model is set that can, or it has failed
  transcription_failed: { http: 503 },
  microphone_unavailable: { http: 503 },
  no_media_port: { http: 503 },
  trunk_busy: { http: 503 },
  overloaded: { http: 503 },
  draining: { http: 503 },
  // is being made; see Retry-After
  not_ready: { http: 503 },
  timed_out: { http: 504 },
  // the disk of the recordings is nearly full: nothing new is recorded
  disk_low: { http: 507 },
} as const

export type FailureCode = keyof typeof failures

interface FailureOptions extends ErrorOptions {
  readonly retryAfterS?: number
}

/** An expected refusal. `message` is for people; `field` names the offending input where there is one. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly field: string | undefined
  /** When to try again, where that is known. */
  readonly retryAfterS: number | undefined
  constructor(code: FailureCode, message: string, field?: string, options?: FailureOptions) {
    super(message, options)
    this.retryAfterS = options?.retryAfterS
    this.name = 'Failure'
    this.code = code
    this.field = field
  }
  get http(): number {
    return failures[this.code].http
  }
}

/**
 * A reader has come further than the log does, as after a restore of a backup. Never passed over in silence: he would
 * miss what gets the numbers that he knows already.
 */
export class CursorAhead extends Failure {
  /** The last number of the log. */
  readonly last: number
  constructor(after: number, last: number, field?: string) {
    const text = `The log ends at ${last}: what was read up to ${after} is not in it, as after a restore`
    super('cursor_ahead', text, field)
    this.last = last
  }
}

/** The account can't pay for it. Amounts are micro-units of its currency. */
export class InsufficientCredits extends Failure {
  /** What is needed, of which nothing was taken. */
  readonly requiredMicro: number
  readonly balanceMicro: number
  constructor({ requiredMicro, balanceMicro }: { requiredMicro: number; balanceMicro: number }) {
    super('insufficient_credits', "the account's balance does not cover it")
    this.requiredMicro = requiredMicro
    this.balanceMicro = balanceMicro
  }
}
