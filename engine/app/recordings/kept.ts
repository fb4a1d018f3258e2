import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { Ports } from '../ports.ts'
import { wait } from '../wait.ts'
import { pauseAfter } from './backoff.ts'

/**
 * A later step: peaks, a transcript. It is told of a recording once it is whole, sealed, stored and told; after a crash
 * again, so that it must bear being told twice. Of an encrypted recording whose key the engine lacks the plain audio is
 * there (`recordingFiles.open`) until what the step returns is settled, and no longer than `plainWithinMs`.
 */
export type KeptListener = (recording: RecordingRecord) => Promise<void> | void

/** What was made of a recording elsewhere goes with it; told again until nobody rejects. */
export type ErasedListener = (recording: RecordingRecord) => Promise<void> | void

/** Who is told what becomes of recordings. Filled in by the composition root, a line for each. */
export interface RecordingSteps {
  readonly kept: KeptListener[]
  /** All the above are done with it. */
  readonly settled: ((recording: RecordingRecord) => void)[]
  /** Its file is gone; its row is not yet. */
  readonly erased: ErasedListener[]
  /** All of them are here: nobody is told before. */
  readonly ready: Promise<void>
}

export const noSteps = (ready = Promise.resolve()): RecordingSteps => ({
  ...{ kept: [], settled: [], erased: [] },
  ready,
})

/** So long the steps may need the plain file of a recording that is encrypted. */
const plainWithinMs = 600_000

type SettlePorts = Pick<Ports, 'store' | 'recordingFiles' | 'recordingSteps' | 'clock' | 'log'>

/** Tells the later steps; when they are done the plain file of an encrypted recording goes. Never rejects. */
export async function recordingKept(ports: SettlePorts, recording: RecordingRecord): Promise<void> {
  const { recordingSteps, clock, log } = ports
  const { id: recordingId } = recording
  await recordingSteps.ready
  const steps = recordingSteps.kept.map(async (step) => {
    try {
      await step(recording)
    } catch (error) {
      log.warn('a step of a recording failed', { recordingId, error: String(error) })
    }
  })
  if (steps.length > 0) {
    const limit = new AbortController()
    await Promise.race([Promise.all(steps), wait(clock, plainWithinMs, limit.signal)])
    limit.abort()
  }
  if (!(await settledAtLast(ports, recording))) return
  for (const told of recordingSteps.settled) told(recording)
}

const pauses = { firstMs: 5_000, longestMs: 3_600_000 }
/** Half a day; what is left then is for the next start. */
const mostTries = 20

/** The plain file of an encrypted recording must not stay for a fault that passes. False: it is gone, or was given up. */
async function settledAtLast(
  { recordingFiles, store, clock, log }: SettlePorts,
  recording: RecordingRecord,
): Promise<boolean> {
  const { id: recordingId, accountId } = recording
  const never = new AbortController().signal
  for (let tries = 1; ; tries++) {
    try {
      if (tries > 1 && !(await store.recordings.get(accountId, recordingId))) return false
      await recordingFiles.settle(recording)
      await store.recordings.settle(recordingId)
      return true
    } catch (error) {
      log.error('recording not settled', { recordingId, tries, error: String(error) })
      if (tries === mostTries) return false
      await wait(clock, pauseAfter(tries, pauses), never)
    }
  }
}
