import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { ConferenceId, RecordingId } from '../core/ids.ts'
import {
  plainRecordFile,
  type RecordFile,
  type RecordLayout,
  type RecordOutcome,
} from '../core/ports/media.ts'
import type { RecordingFormat, RecordingRecord, RecordingSource } from '../core/ports/recordings.ts'
import type { LiveCall, RunningRecording } from './live-call.ts'
import type { LiveCalls, WrittenRecording } from './live-calls.ts'
import type { Ports } from './ports.ts'
import type { Run } from './program.ts'
import { keepRecording } from './recordings/keep.ts'
import { remind } from './recordings/remind.ts'
import { asTrimmed, type TrimmedOutcome } from './recordings/spans.ts'
import { type RecordingTellers, telling } from './recordings/tellers.ts'
import { type RecordingWishes, recordingWishes } from './recordings/wishes.ts'

export interface RecordOptions {
  /** It is one of that conference's member. */
  readonly conferenceId?: ConferenceId
  /** What is done with the file when it is whole. */
  readonly finish?: WrittenRecording['finish']
  /** Absent: that of the call itself, of which one runs at a time. */
  readonly source?: Exclude<RecordingSource, 'call' | 'conference'>
  /** Default: as is set. */
  readonly format?: RecordingFormat
  /** Both sides hear a beep so often; 0: never. Default: as is set. */
  readonly beepEveryMs?: number
  /** Keys that are pressed are not heard in it. */
  readonly maskDigits?: boolean
  /** Who is told what becomes of it, and of what it is. */
  readonly told?: RecordingTellers
}

/**
 * Records the call's leg from here on; the call itself once at a time, then a second start is a no-op, anything else
 * beside it. A disk that can't be written fails the recording, never the call. Undefined when it did.
 */
export async function startRecording(
  run: Run,
  layout: RecordLayout,
  options: RecordOptions = {},
): Promise<RunningRecording | undefined> {
  const { call, calls, ports } = run
  const isOfCall = options.source === undefined
  if (run.signal.aborted) return undefined
  if (isOfCall && call.recording) return call.recording
  let recording = freshRecording(run, layout, options)
  const { id } = recording
  const saved = Promise.withResolvers<void>()
  const { source } = options
  const running: RunningRecording = {
    ...{ id, saved: saved.promise, mode: 'running' },
    ...(source !== undefined && { source }),
  }
  if (isOfCall) call.recording = running
  call.recordings.set(id, running)
  try {
    calls.space.require()
    const wishes = await recordingWishes(ports, call)
    const file = fileOf(ports, call, options, wishes)
    const path = await ports.recordingFiles.pathFor(id, recording.createdAtMs, file.format)
    recording = { ...recording, path, ...shownOf(file) }
    await ports.store.recordings.save(recording)
    const { finish } = options
    calls.recordings.set(id, { call, saved: saved.resolve, ...(finish && { finish }) })
    await ports.media.startRecording(call.id, id, path, layout, file)
    // The leg may have gone while the disk was slow: nobody will tell of this recording then.
    if (call.state.at === 'ended') throw new Error('the call has ended')
    const began = { recordingId: id, ...startedAs(recording) }
    await call.amend(telling(recording, options.told), 'recording.started', began)
    remind(run, running, options.beepEveryMs ?? wishes.beepEveryMs)
    return running
  } catch (error) {
    forget(call, id)
    calls.recordings.delete(id)
    saved.resolve()
    const failure = error instanceof Failure && error.code === 'disk_low' ? 'disk_low' : 'io_error'
    ports.log.warn('recording not started', { callId: call.id, error: String(error) })
    await saveQuietly(ports, { ...recording, status: 'failed', failure })
    const lost = { recordingId: id, reason: failure }
    await call.amend(telling(recording, options.told), 'recording.failed', lost)
    return undefined
  }
}

function forget(call: LiveCall, id: RecordingId): void {
  call.recordings.delete(id)
  if (call.recording?.id === id) call.recording = undefined
}

const wideCodecs: ReadonlySet<string> = new Set(['opus', 'G722'])

/** A message is brought into shape as WAV; Opus of a phone that speaks wideband keeps that, for little. */
function fileOf(
  { media }: Ports,
  { id }: LiveCall,
  options: RecordOptions,
  wishes: RecordingWishes,
): RecordFile {
  const { finish, format = wishes.format, maskDigits = false } = options
  const masks = maskDigits && { masksKeys: true }
  if (finish || format === 'wav') return { ...plainRecordFile, ...masks }
  const isWide = wideCodecs.has(media.agreedOn(id)?.codec ?? '')
  return { format, rateHz: isWide ? 16_000 : 8000, ...masks }
}

/** What is told of one that is not the usual. */
const startedAs = ({ source, format }: RecordingRecord) => ({
  ...(source !== undefined && { source }),
  ...(format !== undefined && { format }),
})

export async function stopRecording({ call }: Run): Promise<void> {
  await call.finishRecording()
}

/**
 * The media thread is gone, and nobody will tell of its recordings. Their files are whole but for the last
 * second: they stay `in-progress` until the next start makes them right (`recover`).
 */
export function recordingsLost(calls: LiveCalls): void {
  for (const { saved } of calls.recordings.values()) saved()
  calls.recordings.clear()
}

/** A recording that can't even be written down must not harm the call. */
async function saveQuietly(ports: Ports, recording: RecordingRecord): Promise<void> {
  try {
    await ports.store.recordings.save(recording)
  } catch (error) {
    ports.log.error('recording not stored', { recordingId: recording.id, error: String(error) })
  }
}

/** The file is closed and whole, or could not be written: tell it. */
export function recordingEnded(ports: Ports, calls: LiveCalls, outcome: RecordOutcome): void {
  const running = calls.recordings.get(outcome.recordingId)
  if (!running) return
  const { call, saved } = running
  calls.recordings.delete(outcome.recordingId)
  forget(call, outcome.recordingId)
  void save(ports, running, outcome)
    .catch((error: unknown) => {
      ports.log.error('recording not stored', { callId: call.id, error: String(error) })
    })
    .finally(saved)
}

/**
 * Tells the end of a recording, of which the writer may have died: then its file is made right first, or the recording
 * has failed.
 */
export function whenMended(
  { recordingFiles, log }: Pick<Ports, 'recordingFiles' | 'log'>,
  outcome: RecordOutcome,
  tell: (outcome: RecordOutcome) => void,
): void {
  if (outcome.cut !== true) {
    tell(outcome)
    return
  }
  const mended = recordingFiles.repair(outcome.path).then(
    (figures) => ({ ...outcome, ...figures }),
    (error: unknown) => {
      log.warn('recording lost', { recordingId: outcome.recordingId, error: String(error) })
      return { ...outcome, failure: 'io_error' } as const
    },
  )
  void mended.then(tell)
}

async function save(
  ports: Ports,
  { call, finish, spansKept }: WrittenRecording,
  outcome: RecordOutcome,
): Promise<void> {
  const { recordingId } = outcome
  await spansKept
  const stored = await ports.store.recordings.get(call.record.accountId, recordingId)
  if (!stored) return
  const message = outcome.failure === null && finish ? await finish(stored.path) : null
  if (message === undefined) {
    await ports.store.recordings.remove(recordingId)
    const { source = 'call' } = stored
    return call.note('recording.discarded', { recordingId, reason: 'silence', source })
  }
  const whole = message
    ? asTrimmed({ ...outcome, spans: outcome.spans ?? stored.spans ?? [] }, message)
    : await withoutEmpty(ports, stored, outcome)
  return saveWhole(
    ports,
    call,
    message === null ? stored : { ...stored, channels: 1, spans: [] },
    whole,
  )
}

/** One that failed before its first sample leaves no file; of one that could not be mended nobody knows what is in it. */
export async function withoutEmpty(
  { recordingFiles, log }: Pick<Ports, 'recordingFiles' | 'log'>,
  stored: RecordingRecord,
  outcome: RecordOutcome,
): Promise<RecordOutcome> {
  if (outcome.failure === null || outcome.durationMs > 0 || outcome.cut === true) return outcome
  try {
    await recordingFiles.erase(stored)
  } catch (error) {
    // Where not even a header was written there is most likely no file: one line for each would say nothing.
    const about = { recordingId: stored.id, error: String(error) }
    if (outcome.bytes > 0) log.warn('an empty recording is not removed', about)
  }
  return { ...outcome, bytes: 0 }
}

/** What is silence in it as the machine did not keep up: that is told, and the operator can do something. */
export function lostIn(
  { log }: Pick<Ports, 'log'>,
  { recordingId, lostMs }: RecordOutcome,
): { readonly lostMs?: number } {
  if (lostMs === undefined) return {}
  log.warn('a part of a recording is lost: the disk or the encoder is too slow', {
    ...{ recordingId, lostMs },
  })
  return { lostMs }
}

/** The same of what was left out before its first word. */
export const trimmedIn = ({ trimmedMs }: TrimmedOutcome): Pick<TrimmedOutcome, 'trimmedMs'> =>
  trimmedMs === undefined ? {} : { trimmedMs }

async function saveWhole(
  ports: Ports,
  call: LiveCall,
  stored: RecordingRecord,
  outcome: TrimmedOutcome,
): Promise<void> {
  const { recordingId, failure, durationMs, bytes, cut, spans = stored.spans ?? [] } = outcome
  const status = failure === null ? 'completed' : 'failed'
  const heldBack = spans.length > 0 && { spans }
  const over: RecordingRecord = { ...stored, status, failure, durationMs, bytes, ...heldBack }
  await keepRecording(ports, over, async (kept) => {
    const reason = kept.failure ?? (cut === true ? 'media_restarted' : null)
    const less = { ...trimmedIn(outcome), ...lostIn(ports, outcome) }
    const told = { recordingId, durationMs, bytes, reason, ...heldBack, ...less }
    if (kept.status === 'completed') {
      const { sha256 } = kept
      // The call's own goes before those of its leg.
      const isOfCall = stored.source === undefined
      const named = (record: CallRecord): CallRecord => ({
        ...record,
        recordingId: isOfCall ? recordingId : (record.recordingId ?? recordingId),
      })
      await call.amend(named, 'recording.completed', {
        ...told,
        ...(sha256 !== undefined && { sha256 }),
      })
    } else {
      await call.note('recording.failed', told)
    }
  })
}

function freshRecording(
  { call, ports }: Run,
  layout: RecordLayout,
  { conferenceId, source }: RecordOptions,
): RecordingRecord {
  const isStereo = layout === 'receivedLeft' || layout === 'sentLeft'
  return {
    id: ports.ids.uuid() as RecordingId,
    ...{ accountId: call.record.accountId, callId: call.id },
    ...{ status: 'in-progress', failure: null, path: '', channels: isStereo ? 2 : 1 },
    ...{ durationMs: null, bytes: null, createdAtMs: ports.clock.nowMs() },
    ...(conferenceId !== undefined && { conferenceId }),
    ...(source !== undefined && { source }),
  }
}

const shownOf = ({ format, rateHz }: RecordFile) => ({
  ...(format !== 'wav' && { format }),
  ...(rateHz !== 8000 && { rateHz }),
})
