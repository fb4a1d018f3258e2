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
  forbidden: { http: 403 },
  https_required: { http: 403 },
  target_not_allowed: { http: 403 },
  not_found: { http: 404 },
  method_not_allowed: { http: 405 },
  callee_no_answer: { http: 408 },
  already_exists: { http: 409 },
  callee_busy: { http: 409 },
  call_busy: { http: 409 },
  call_canceled: { http: 409 },
  call_ended: { http: 409 },
  call_live: { http: 409 },
  call_not_answered: { http: 409 },
  call_already_answered: { http: 409 },
  conference_ended: { http: 409 },
  conference_full: { http: 409 },
  conference_locked: { http: 409 },
  device_not_registered: { http: 409 },
  microphone_busy: { http: 409 },
  body_too_large: { http: 413 },
  unsupported_media_type: { http: 415 },
  range_not_satisfiable: { http: 416 },
  no_route: { http: 422 },
  callee_rejected: { http: 424 },
  limit_reached: { http: 429 },
  rate_limited: { http: 429 },
  internal_error: { http: 500 },
  call_failed: { http: 502 },
  speech_unavailable: { http: 503 },
  microphone_unavailable: { http: 503 },
  no_media_port: { http: 503 },
  trunk_busy: { http: 503 },
  overloaded: { http: 503 },
  draining: { http: 503 },
  timed_out: { http: 504 },
} as const

export type FailureCode = keyof typeof failures

/** An expected refusal. `message` is for people; `field` names the offending input where there is one. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly field: string | undefined
  constructor(code: FailureCode, message: string, field?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
    this.code = code
    this.field = field
  }
  get http(): number {
    return failures[this.code].http
  }
}
