import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { Ports } from '../ports.ts'
import { wait } from '../wait.ts'
import { keepRecording } from './keep.ts'
import { recordingKept } from './kept.ts'

export type RecoverPorts = Pick<
  Ports,
  'store' | 'clock' | 'recordingFiles' | 'recordingSteps' | 'log'
>

/** The start does not wait longer for files to be sealed; that goes on beside it. */
const waitMs = 10_000
/** Files that are open at the same time. */
const mendedAtOnce = 32

/**
 * What a process that died left of recordings: open files get a true header and are sealed, and what was stored but
 * not told is told. Returns how many files were open.
 */
export async function recoverRecordings(ports: RecoverPorts): Promise<number> {
  const { store, clock, log } = ports
  const unsettled = await store.recordings.unsettled()
  const open = await store.recordings.unfinished()
  const whole: RecordingRecord[] = []
  for (const some of inPortions(open, mendedAtOnce)) {
    const mends = await Promise.all(some.map((one) => mended(ports, one)))
    whole.push(...mends.filter((one) => one !== undefined))
  }
  // One that can't be told or sealed yet must not keep the others waiting.
  const each = (one: RecordingRecord, work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      const told = { recordingId: one.id, error: String(error) }
      log.error('a recording is not told: the next start tries again', told)
    })
  let turn = Promise.resolve()
  // Several of one call name themselves in its row.
  const tellInTurn = (kept: RecordingRecord): Promise<void> => {
    const told = turn.then(() => tell(ports, kept))
    turn = told.catch(() => undefined)
    return told
  }
  const all = async (): Promise<void> => {
    for (const one of unsettled) await each(one, resume(ports, one))
    await Promise.all(whole.map((one) => each(one, keepRecording(ports, one, tellInTurn))))
  }
  const limit = new AbortController()
  await Promise.race([all(), wait(clock, waitMs, limit.signal)])
  limit.abort()
  return open.length
}

function* inPortions<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}

/** Undefined: the file can't be had now: the next start looks again. One that is lost has failed, which is told. */
async function mended(
  { recordingFiles, log }: RecoverPorts,
  recording: RecordingRecord,
): Promise<RecordingRecord | undefined> {
  try {
    const { durationMs, bytes } = await recordingFiles.repair(recording.path)
    return { ...recording, status: 'completed', durationMs, bytes }
  } catch (error) {
    if (mayPass(error)) {
      log.error('a recording can not be mended now', {
        ...{ recordingId: recording.id, error: String(error) },
      })
      return undefined
    }
    log.warn('recording lost', { recordingId: recording.id, error: String(error) })
    return { ...recording, status: 'failed', failure: 'io_error', durationMs: null, bytes: null }
  }
}

/** Of the system, such as no permission or no more open files: it says nothing of what is in the file. */
function mayPass(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) && code !== 'ENOENT'
}

/** It was stored; was it told? */
async function resume(ports: RecoverPorts, recording: RecordingRecord): Promise<void> {
  if (!(await isTold(ports, recording))) await tell(ports, recording)
  void recordingKept(ports, recording)
}

async function isTold(
  { store }: RecoverPorts,
  { id, accountId, callId, conferenceId }: RecordingRecord,
): Promise<boolean> {
  const events =
    callId !== null
      ? await store.events.ofCall(accountId, callId)
      : conferenceId !== undefined
        ? await store.conferences.eventsOf(accountId, conferenceId)
        : []
  return events.some(({ type, data }) => ends.has(type) && data['recordingId'] === id)
}

const ends: ReadonlySet<string> = new Set([
  'recording.completed',
  'recording.failed',
  'conference.recording-completed',
  'conference.recording-failed',
])

/** The call's own row names its recording. */
async function tell(ports: RecoverPorts, recording: RecordingRecord): Promise<void> {
  const { id, callId, accountId, status } = recording
  await tellConference(ports, recording)
  const call = callId === null ? undefined : await ports.store.calls.get(accountId, callId)
  if (!call) return
  const isWhole = status === 'completed'
  const draft = {
    type: isWhole ? 'recording.completed' : 'recording.failed',
    callId: call.id,
    atMs: ports.clock.nowMs(),
    data: toldOf(recording),
  } as const
  // The call's own goes before those of its leg.
  const named = recording.source === undefined ? id : (call.recordingId ?? id)
  await ports.store.calls.commit(isWhole ? { ...call, recordingId: named } : call, [draft])
}

async function tellConference(
  { store, clock }: RecoverPorts,
  recording: RecordingRecord,
): Promise<void> {
  const { accountId, conferenceId, callId, status } = recording
  if (conferenceId === undefined) return
  const conference = await store.conferences.get(accountId, conferenceId)
  if (!conference) return
  const end = status === 'completed' ? 'completed' : 'failed'
  const draft = {
    type: `conference.recording-${end}`,
    ...{ conferenceId, atMs: clock.nowMs() },
    data: { ...(callId !== null && { callId }), ...toldOf(recording) },
  } as const
  await store.conferences.commit(conference, [{ draft, participantCount: 0, participant: null }])
}

const toldOf = ({ id: recordingId, failure, durationMs, bytes }: RecordingRecord) => ({
  ...{ recordingId, durationMs, bytes },
  reason: failure ?? 'process_restarted',
})
