import type { ActionVerb } from './action-verbs.ts'
import type { MachineDetection } from './answerer.ts'
import type { Callback, RecordingNews } from './callbacks.ts'
import type { ConferenceOptions, ParticipantOptions } from './conference.ts'
import type { BoxId, ConferenceId } from './ids.ts'
import type { InstructionFormat } from './ports/web.ts'
import type { RingCountry } from './ring-tones.ts'
import type { StopStreamVerb, StreamVerb } from './stream-verbs.ts'

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
  | EnqueueVerb
  | LeaveVerb
  | RecordVerb
  | RecordMessageVerb
  | VoicemailVerb
  | VoicemailMenuVerb
  | ActionVerb
  | StreamVerb
  | StopStreamVerb
  | PauseVerb
  | SendDigitsVerb
  | RedirectVerb
  | ReferVerb
  | RejectVerb
  | HangupVerb

/** A verb that cannot be carried out (a sound that is not there, nobody to be called) ends the call, or the list goes on. */
export type OnFailure = 'end' | 'next'

/** Where a verb that is over has the application asked for what comes next, in place of the rest of the list. */
export interface Onwards {
  readonly action?: string
  /** Default POST. */
  readonly method?: 'GET' | 'POST'
}

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
  /** Default `end`. */
  readonly onFailure?: OnFailure
}
export type Prompt = SayVerb | PlayVerb | PauseVerb
export const gatherInputs = ['digits', 'speech'] as const
export type GatherInput = (typeof gatherInputs)[number]
/** Prompts, then collects digits or hears what is said; goes on with the next verb when nothing valid came. */
export interface GatherVerb extends Onwards {
  readonly verb: 'gather'
  readonly prompt?: SayVerb | PlayVerb
  /** Instead: several, one after the other. */
  readonly prompts?: readonly Prompt[]
  /** False: keys do not stop the prompt; what is pressed meanwhile counts. Default true. */
  readonly bargeIn?: boolean
  /** Stop after so many digits; default 1. */
  readonly numDigits?: number
  /** Fewer of them are as none; default 1. */
  readonly minDigits?: number
  /** Ends the input; default '#', '' for none. */
  readonly finishOnKey?: string
  /** Only these keys and the finishing one count; any other is as if it had not been pressed. */
  readonly keys?: string
  /** Silence allowed after the prompt, and between digits. */
  readonly timeoutMs?: number
  /** Between digits, where that is another one. */
  readonly digitTimeoutMs?: number
  /** How often the prompt is played before giving up; default 1. */
  readonly attempts?: number
  /** Fetched with the digits, or what was said, for the next verbs; the same as `action`. */
  readonly url?: string
  /** It is asked when nothing was pressed or said, too. */
  readonly actionOnEmpty?: boolean
  /** What is taken, whichever comes first. Default digits alone. */
  readonly input?: readonly GatherInput[]
  /** Of what is said (BCP 47); where there is no model of it by itself the usual one listens. */
  readonly language?: string
  /** Told while somebody speaks what has been understood by now. */
  readonly partialCallback?: string
  /** Default POST. */
  readonly partialCallbackMethod?: 'GET' | 'POST'
  /** So much silence after speech ends it; default 1 s. */
  readonly speechTimeoutMs?: number
  /** Who speaks for longer is not heard to his end; default 60 s. */
  readonly maxSpeechMs?: number
  /** Verbs by the digits that were pressed. */
  readonly branches?: Readonly<Record<string, readonly Verb[]>>
}
/** One of those who are called by one `dial`. */
export interface DialTarget {
  readonly to: string
  /** `X-` headers and User-to-User of the INVITE, over those of the verb. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of a SIP address: what he is told where he asks who calls (401, 407). Both or none. */
  readonly username?: string
  readonly password?: string
  /** Pressed when he has answered, before the two are connected; `w` waits for half a second. */
  readonly sendDigits?: string
  /** What he hears and is asked when he has answered, before the two are connected; not when he hangs up in it. */
  readonly url?: string
  readonly method?: 'GET' | 'POST'
  /** Told about every change of status of his call. */
  readonly statusCallback?: string
  /** Told by form of some of what happens to his call. */
  readonly callbacks?: readonly Callback[]
  /** Where not as of all. */
  readonly machineDetection?: MachineDetection
}
/** Told what becomes of a recording. */
export interface RecordingCallback {
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Default `form`. */
  readonly format?: InstructionFormat
  readonly news: readonly RecordingNews[]
}
/** Told the text of a recording. By POST alone: it is long, and no query is to hold it. */
export type TranscriptCallback = Pick<RecordingCallback, 'url' | 'format'>
/** How a talk is recorded, where not as usual: both sides in two channels, from when they talk. */
export interface TalkRecording {
  /** `ringing`: what this side hears before the other has answered is in it, too. */
  readonly from?: 'answer' | 'ringing'
  /** 1: both sides mixed. */
  readonly channels?: 1 | 2
  /** `inbound`: what this call's phone says; `outbound`: what it hears. One channel. */
  readonly track?: 'inbound' | 'outbound' | 'both'
  /** Silence at the beginning and at the end is left out; of one channel alone. */
  readonly trim?: boolean
  readonly callback?: RecordingCallback
}
/** Else there is one for each side. */
export const isOneChannel = ({ channels, track = 'both' }: TalkRecording): boolean =>
  channels === 1 || track !== 'both'

export interface DialVerb extends Onwards {
  readonly verb: 'dial'
  /** One of the three. */
  readonly to?: string
  /** All ring, the first one to answer is connected. */
  readonly targets?: readonly DialTarget[]
  /** Name or id of a queue: connects with whoever has waited there the longest, or comes within `timeoutMs`. */
  readonly queue?: string
  /** What the one who has waited there hears before the two are connected; his wait goes on where this side is gone by then. */
  readonly queueUrl?: string
  readonly queueMethod?: 'GET' | 'POST'
  readonly from?: string
  readonly timeoutMs?: number
  /** The targets are called one after the other, until one of them is connected. Default false. */
  readonly sequential?: boolean
  /** What this side hears while the other rings. Default `us`. */
  readonly ringTone?: RingCountry
  readonly record?: boolean
  readonly recording?: TalkRecording
  /** `X-` headers and User-to-User of the INVITE. */
  readonly headers?: Readonly<Record<string, string>>
  /** Those of the caller's INVITE go on to the other side; `headers` go over them. */
  readonly passHeaders?: boolean
  /** How long the two may talk. */
  readonly timeLimitMs?: number
  /** The star key of this call's phone ends their talk. */
  readonly hangupOnStar?: boolean
  /** False: a caller is answered before anybody is called, and hears ringback of ours. Default true. */
  readonly answerOnBridge?: boolean
  /** Whether a person or a machine answers is to be found out. */
  readonly machineDetection?: MachineDetection
  /** `hangup`: of a machine the caller hears nothing, it is as if nobody had answered. Default `connect`. */
  readonly onMachine?: 'connect' | 'hangup'
  /** Asked when the other side wants this one to be sent elsewhere (REFER): what it answers is run in place of the rest. */
  readonly referUrl?: string
  readonly referMethod?: 'GET' | 'POST'
  /** Default `end`, and `next` with an action or with targets. */
  readonly onFailure?: OnFailure
}
/** Into a conference; goes on when that is over. */
export interface ConferenceVerb extends Onwards {
  readonly verb: 'conference'
  /** One that there is already. */
  readonly conferenceId?: ConferenceId
  /** Or the live one of that name; where there is none it is made, as `room` and `statusCallback` say. */
  readonly name?: string
  readonly room?: Partial<ConferenceOptions>
  /** Of one that is made: what whoever waits hears is the first sound in what this answers, or is this itself. */
  readonly waitDocument?: Pick<RedirectVerb, 'url' | 'method'>
  readonly statusCallback?: string
  /** Told beside that by form. */
  readonly callbacks?: readonly Callback[]
  /** Has to be entered first. */
  readonly pin?: string
  /** When he leaves, the conference is over. */
  readonly endOnExit?: boolean
  readonly options: Partial<ParticipantOptions>
}
/** Waits in a queue until somebody takes the call; goes on when their talk is over, or when nobody has. */
export interface EnqueueVerb {
  readonly verb: 'enqueue'
  /** Name or id of the account's queue; where there is none of that name it is made. */
  readonly queue: string
  /** Run over and over while the call waits, in place of the queue's music. */
  readonly waitUrl?: string
  readonly waitMethod?: 'GET' | 'POST'
  /** Higher ones come first; default 0. */
  readonly priority?: number
  /** Shorter than the queue's own limit. */
  readonly maxWaitMs?: number
  /** Where so many wait it is as full, if that is less than the queue's own limit. */
  readonly maxSize?: number
  /** Asked for the next verbs, with how it went. */
  readonly action?: string
  readonly method?: 'GET' | 'POST'
  /** Of the application: told wherever the waiting call is told of. */
  readonly data?: Readonly<Record<string, unknown>>
}
/** In what a waiting call hears: ends the wait, the list with `enqueue` goes on. Elsewhere nothing. */
export interface LeaveVerb {
  readonly verb: 'leave'
}
/** Records the call from here on, in stereo; `stop` ends it. */
export interface RecordVerb {
  readonly verb: 'record'
  /** `pause`: the file waits. `mask`: it goes on with silence or a tone. `resume` ends both. */
  readonly action: 'start' | 'stop' | 'pause' | 'mask' | 'resume'
  /** `call`: both sides of the call, once at a time. `leg`: its own phone alone, beside it. Default `call`; to pause, mask and resume all that run. */
  readonly of?: 'call' | 'leg'
  /** Of a leg; 1: only what its phone says. Default 2. */
  readonly channels?: 1 | 2
  readonly format?: 'wav' | 'opus'
  /** Both sides hear a beep so often; 0: never. */
  readonly beepEveryMs?: number
  /** Said to both sides before it begins; '' for nothing. */
  readonly announcement?: string
  readonly maskWith?: 'silence' | 'tone'
  /** Keys that are pressed are silence in it. */
  readonly maskDigits?: boolean
}
/** What the caller says, into a file of its own, until he is silent, presses a key or hangs up; then it goes on. */
export interface RecordMessageVerb extends Onwards {
  readonly verb: 'recordMessage'
  /** Default two minutes. */
  readonly maxLengthMs?: number
  /** So much silence ends it; 0: none does. Default 5 s. */
  readonly silenceMs?: number
  /** Any of these ends it; '' for none. Default all. */
  readonly finishOnKeys?: string
  /** Heard before it begins; default true. */
  readonly beep?: boolean
  /** Silence at the beginning and at the end is left out; default true. */
  readonly trim?: boolean
  /** Its text is made afterwards, whatever the account has set. */
  readonly transcribe?: boolean
  /** Told its text by POST, or that there is none, with `transcribe`. */
  readonly transcribeCallback?: string
  readonly transcriptTo?: TranscriptCallback
  /** Told what became of it, beside `action`; `absent`: nobody has spoken. */
  readonly statusCallback?: string
  /** Default POST. */
  readonly statusCallbackMethod?: 'GET' | 'POST'
  /** Default `completed`. */
  readonly statusCallbackEvents?: readonly ('completed' | 'absent')[]
  readonly callback?: RecordingCallback
}
/** The caller leaves a message in a voicemail box; goes on when he is done. */
export interface VoicemailVerb extends Onwards {
  readonly verb: 'voicemail'
  /** One of the two. */
  readonly box?: BoxId
  /** A device's name: its own box. */
  readonly device?: string
  /** Default `unavailable`. */
  readonly greeting?: 'unavailable' | 'busy' | 'none'
}
/** The owner of a voicemail box hears his messages, by the keys of his phone. */
export interface VoicemailMenuVerb {
  readonly verb: 'voicemailMenu'
  /** Absent: that of the device that calls. `ask`: it is entered. */
  readonly box?: BoxId | 'ask'
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
/** Asks the call's phone, or whoever sent the call, to call somebody by itself (SIP REFER). */
export interface ReferVerb extends Onwards {
  readonly verb: 'refer'
  /** A SIP address, or a number or name at the phone's own server. */
  readonly to: string
}
export interface RejectVerb {
  readonly verb: 'reject'
  readonly sipStatus?: number
}
export interface HangupVerb {
  readonly verb: 'hangup'
}
