import type { ConferenceOptions, ParticipantOptions } from './conference.ts'
import type { ConferenceId } from './ids.ts'

/**
 * Verbs: what an application can tell a call to do, as JSON objects in a list. Each is carried out by
 * one file in engine/app/verbs. Durations are milliseconds inside the engine; the documents of the
 * dialects use seconds and are converted at the edge.
 */
export type Verb =
  | AnswerVerb
  | SayVerb
  | PlayVerb
  | GatherVerb
  | DialVerb
  | ConferenceVerb
  | RecordVerb
  | PauseVerb
  | SendDigitsVerb
  | RedirectVerb
  | RejectVerb
  | HangupVerb

export interface AnswerVerb {
  readonly verb: 'answer'
}
export interface SayVerb {
  readonly verb: 'say'
  /** Plain text, or with `markup` a document of that kind. */
  readonly text: string
  readonly markup?: 'ssml'
  readonly voice?: string
  readonly loop?: number
  /** False: the caller hears it before he is answered; nothing where his phone can't. */
  readonly answer?: boolean
}
export interface PlayVerb {
  readonly verb: 'play'
  readonly url: string
  readonly loop?: number
  /** False: the caller hears it before he is answered; nothing where his phone can't. */
  readonly answer?: boolean
}
/** Prompts, then collects digits; goes on with the next verb when nothing valid came. */
export interface GatherVerb {
  readonly verb: 'gather'
  readonly prompt?: SayVerb | PlayVerb
  /** Stop after so many digits; default 1. */
  readonly numDigits?: number
  /** Ends the input; default '#', '' for none. */
  readonly finishOnKey?: string
  /** Only these keys and the finishing one count; any other is as if it had not been pressed. */
  readonly keys?: string
  /** Silence allowed after the prompt, and between digits. */
  readonly timeoutMs?: number
  /** How often the prompt is played before giving up; default 1. */
  readonly attempts?: number
  /** Fetched with the digits for the next verbs. */
  readonly url?: string
  /** Verbs by the digits that were pressed. */
  readonly branches?: Readonly<Record<string, readonly Verb[]>>
}
export interface DialVerb {
  readonly verb: 'dial'
  readonly to: string
  readonly from?: string
  readonly timeoutMs?: number
  readonly record?: boolean
  /** `X-` headers and User-to-User of the INVITE. */
  readonly headers?: Readonly<Record<string, string>>
  /** Those of the caller's INVITE go on to the other side; `headers` go over them. */
  readonly passHeaders?: boolean
}
/** Into a conference; goes on when that is over. */
export interface ConferenceVerb {
  readonly verb: 'conference'
  /** One that there is already. */
  readonly conferenceId?: ConferenceId
  /** Or the live one of that name; where there is none it is made, as `room` and `statusCallback` say. */
  readonly name?: string
  readonly room?: Partial<ConferenceOptions>
  readonly statusCallback?: string
  /** Has to be entered first. */
  readonly pin?: string
  readonly options: Partial<ParticipantOptions>
}
/** Records the call from here on, in stereo; `stop` ends it. */
export interface RecordVerb {
  readonly verb: 'record'
  readonly action: 'start' | 'stop'
}
export interface PauseVerb {
  readonly verb: 'pause'
  readonly durationMs: number
}
export interface SendDigitsVerb {
  readonly verb: 'sendDigits'
  readonly digits: string
}
export interface RedirectVerb {
  readonly verb: 'redirect'
  readonly url: string
  readonly method?: 'GET' | 'POST'
}
export interface RejectVerb {
  readonly verb: 'reject'
  readonly sipStatus?: number
}
export interface HangupVerb {
  readonly verb: 'hangup'
}
