import type { AccountId } from '../../core/ids.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import { repeat } from '../repeat.ts'
import { deleteRecording, type RemovePorts } from './remove.ts'

const lookEveryMs = 600_000
const pauseMs = 50
const accountsAtOnce = 100
const recordingsAtOnce = 50
const dayMs = 86_400_000
/** The clock of the wall and the one that never jumps may be so far apart after a look. */
const driftMs = 60_000
/** So long nothing is deleted after the clock was set forward: it may have been a mistake. */
const doubtMs = 3_600_000

/**
 * Deletes recordings whose time is over, some at a time. A clock that was set forward does not delete anything for an hour,
 * in which it can be set back. Returns how to stop.
 */
export function keepRecordings(ports: RemovePorts): () => void {
  const { clock, log } = ports
  const trust = new ClockTrust(clock.nowMs(), clock.monotonicMs())
  return repeat(clock, log, {
    ...{ everyMs: lookEveryMs, ready: ports.recordingSteps.ready },
    fault: 'old recordings could not be removed',
    async do(isOver) {
      const doubt = trust.look(clock.nowMs(), clock.monotonicMs())
      if (doubt === 'jumped') log.warn('the clock was set forward: no recording is deleted yet')
      if (doubt === undefined) await sweep(ports, isOver)
      return undefined
    },
  })
}

/** Whether wall time goes on as time does. */
export class ClockTrust {
  #nowMs: number
  #monotonicMs: number
  #doubtedAtMs: number | undefined

  constructor(nowMs: number, monotonicMs: number) {
    this.#nowMs = nowMs
    this.#monotonicMs = monotonicMs
  }

  /** Undefined: it can be trusted. `jumped`: it was set forward since the last look; `doubted`: not long ago. */
  look(nowMs: number, monotonicMs: number): 'jumped' | 'doubted' | undefined {
    const ahead = nowMs - this.#nowMs - (monotonicMs - this.#monotonicMs)
    this.#nowMs = nowMs
    this.#monotonicMs = monotonicMs
    if (ahead > driftMs) {
      this.#doubtedAtMs = monotonicMs
      return 'jumped'
    }
    // Set back: whatever was doubted is over.
    if (ahead < -driftMs) this.#doubtedAtMs = undefined
    if (this.#doubtedAtMs === undefined) return undefined
    if (monotonicMs - this.#doubtedAtMs < doubtMs) return 'doubted'
    this.#doubtedAtMs = undefined
    return undefined
  }
}

async function sweep(ports: RemovePorts, isOver: () => boolean): Promise<void> {
  let gone = 0
  for (let page = 1; ; page++) {
    const { accounts, total } = await ports.store.accounts.list({ page, pageSize: accountsAtOnce })
    for (const { id } of accounts) gone += await sweepAccount(ports, id, isOver)
    if (isOver() || page * accountsAtOnce >= total) break
  }
  if (gone > 0) ports.log.info('old recordings were deleted', { gone })
}

async function sweepAccount(
  ports: RemovePorts,
  accountId: AccountId,
  isOver: () => boolean,
): Promise<number> {
  const { store, clock } = ports
  const { retentionDays } = await store.recordings.settings.get(accountId)
  let gone = 0
  for (;;) {
    const nowMs = clock.nowMs()
    const madeBeforeMs = retentionDays === undefined ? undefined : nowMs - retentionDays * dayMs
    const times = { madeBeforeMs, nowMs }
    const old = await store.recordings.expired(accountId, times, recordingsAtOnce)
    let deleted = 0
    for (const recording of old) {
      if (isOver()) return gone + deleted
      if (await expire(ports, recording, retentionDays)) deleted += 1
    }
    gone += deleted
    // Where none could be deleted the next look tries them again.
    if (old.length < recordingsAtOnce || deleted === 0) return gone
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve))
  }
}

async function expire(
  ports: RemovePorts,
  recording: RecordingRecord,
  retentionDays: number | undefined,
): Promise<boolean> {
  const { id: recordingId, retainUntilMs } = recording
  const why =
    retainUntilMs === undefined
      ? `older than ${retentionDays} days`
      : `kept until ${new Date(retainUntilMs).toISOString()}`
  try {
    await deleteRecording(ports, recording, { by: 'retention', why })
    return true
  } catch (error) {
    // Somebody has put it on hold, or deleted it, meanwhile.
    ports.log.info('a recording stays', { recordingId, error: String(error) })
    return false
  }
}
