import type { RecordingId } from '../../../core/ids.ts'
import type { RecordOutcome } from '../../../core/ports/media.ts'
import type { Run } from '../../program.ts'
import { playSound } from '../../verbs/play.ts'
import { deadline } from '../../wait.ts'

/** For the file to be closed. */
const savedMs = 5_000

/**
 * The tone, and what is said after it until a key or `longestMs`, as a WAV that is nobody's yet. Undefined: nothing was
 * said, it could not be recorded, or the caller has hung up.
 */
export async function recordSound(run: Run, longestMs: number): Promise<string | undefined> {
  const { ports, calls, call } = run
  // What was pressed before does not end what is yet to be said.
  call.digits.takeAll()
  await playSound(run, { kind: 'tone', tone: 'beep' })
  if (run.signal.aborted) return undefined
  const id = ports.ids.uuid() as RecordingId
  const ended = Promise.withResolvers<RecordOutcome>()
  calls.conferences.names.set(id, ended.resolve)
  let path: string | undefined
  try {
    path = await ports.recordingFiles.scratchFor(id)
    await ports.media.startRecording(call.id, id, path, 'receivedLeft')
    const limit = deadline(ports.clock, longestMs, run.signal)
    await call.digits.next(limit.signal)
    limit.disarm()
    await ports.media.stopRecording(call.id, id)
    const outcome = await inTime(run, ended.promise)
    const isWhole = outcome?.failure === null && !run.signal.aborted
    if (isWhole && (await ports.recordingFiles.finishMessage(path, true))) return path
  } catch (error) {
    ports.log.warn('greeting not recorded', { callId: call.id, error: String(error) })
  } finally {
    calls.conferences.names.delete(id)
  }
  if (path !== undefined) await ports.recordingFiles.discard(path)
  return undefined
}

async function inTime<T>({ ports }: Run, work: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const disarm = ports.clock.after(savedMs, () => late.resolve(undefined))
  const first = await Promise.race([work, late.promise])
  disarm()
  return first
}
