import type { RecordingId } from '../../core/ids.ts'
import type { AudioStream } from '../../core/ports/streams.ts'
import type { RecordingCallback, RecordMessageVerb, TranscriptCallback } from '../../core/verbs.ts'
import { VoiceWatch } from '../../core/voice-watch.ts'
import type { Run } from '../program.ts'
import { startRecording } from '../recording.ts'
import { hearPhone } from '../speech/hear-phone.ts'
import { wait } from '../wait.ts'
import { answer } from './answer.ts'
import { formatFor } from './ask.ts'
import { recordingFields } from './dial-verb.ts'
import { playSound } from './play.ts'

const defaultLengthMs = 120_000
const defaultSilenceMs = 5_000
const defaultKeys = '1234567890*#'
/** So long the disk may take to have it whole. */
const savedWithinMs = 10_000

/** What the caller has said, in words of the application. */
export interface RecordedMessage {
  readonly recording_id: string
  readonly recording_url?: string
  /** Seconds. */
  readonly recording_duration: number
  /** The key that ended it, or `hangup`; empty for anything else. */
  readonly digits: string
}

/**
 * The verb: records what the caller says, until he is silent, presses a key, hangs up, or the time is over.
 * Undefined when he has said nothing. A recording of the call goes on beside it.
 */
export async function recordMessage(
  run: Run,
  verb: RecordMessageVerb,
): Promise<RecordedMessage | undefined> {
  if (!(await answer(run))) return undefined
  // What was pressed before does not end what is yet to be said.
  run.call.digits.takeAll()
  if (verb.beep !== false) await playSound(run, { kind: 'tone', tone: 'beep' })
  const { call, ports } = run
  const { trim = true } = verb
  let lengthMs: number | undefined
  const finish = async (path: string) => {
    const message = await ports.recordingFiles.finishMessage(path, trim)
    lengthMs = message?.durationMs
    return message
  }
  const callback = verb.callback ?? statusCallbackOf(run, verb)
  const running = await startRecording(run, 'received', {
    ...{ finish, source: 'message' },
    told: { callback, transcript: transcriptTo(run, verb), source: 'message', track: 'inbound' },
  })
  if (!running) return undefined
  if (verb.transcribe) {
    await ports.store.recordings.amend(running.id, { transcriptStatus: 'pending' })
  }
  const key = await untilMessageDone(run, verb)
  await messageSaved(run, running)
  if (lengthMs === undefined) return undefined
  return {
    ...recordingFields(ports, running.id),
    recording_duration: Math.round(lengthMs / 1_000),
    digits: call.state.at === 'ended' ? 'hangup' : (key ?? ''),
  }
}

/** Whom a document of ours wants told. */
function statusCallbackOf(
  { call }: Run,
  { statusCallback: url, statusCallbackMethod: method = 'POST', ...verb }: RecordMessageVerb,
): RecordingCallback | undefined {
  if (url === undefined) return undefined
  return { url, method, format: formatFor(call), news: verb.statusCallbackEvents ?? ['completed'] }
}

/** Whom a document wants told its text. */
function transcriptTo({ call }: Run, verb: RecordMessageVerb): TranscriptCallback | undefined {
  const { transcribe = false, transcribeCallback: url, transcriptTo: given } = verb
  if (!transcribe) return undefined
  return given ?? (url === undefined ? undefined : { url, format: formatFor(call) })
}

/** Ends the recording; what is said of it is true then. */
export async function messageSaved(
  { call, ports }: Run,
  running: { readonly id: RecordingId; readonly saved: Promise<void> },
): Promise<void> {
  if (call.recordings.has(running.id)) await ports.media.stopRecording(call.id, running.id)
  const limit = new AbortController()
  await Promise.race([running.saved, wait(ports.clock, savedWithinMs, limit.signal)])
  limit.abort()
}

/** Until a message is at its end. The key that ended it, if one did. */
export async function untilMessageDone(
  run: Run,
  verb: Pick<RecordMessageVerb, 'finishOnKeys' | 'silenceMs' | 'maxLengthMs'>,
): Promise<string | undefined> {
  const { call, ports } = run
  const done = new AbortController()
  const signal = AbortSignal.any([run.signal, done.signal])
  const keys = verb.finishOnKeys ?? defaultKeys
  const silenceMs = verb.silenceMs ?? defaultSilenceMs
  const disarm = ports.clock.after(verb.maxLengthMs ?? defaultLengthMs, () => done.abort())
  const hush = silenceMs > 0 ? await listen(run, silenceMs, () => done.abort()) : undefined
  try {
    for (;;) {
      const key = await call.digits.next(signal)
      if (key === undefined || keys.includes(key)) return key
    }
  } finally {
    disarm()
    hush?.close()
  }
}

/** Tells when nobody has spoken for so long. Without it (the leg is going) the length alone ends the recording. */
function listen(run: Run, silenceMs: number, onHush: () => void): Promise<AudioStream | undefined> {
  const watch = new VoiceWatch()
  return hearPhone(run, 8_000, (samples, durationMs) => {
    watch.hear(samples, durationMs)
    if (watch.quietMs >= silenceMs) onHush()
  })
}
