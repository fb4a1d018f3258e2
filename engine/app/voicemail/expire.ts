import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import type { Log } from '../../core/ports/observe.ts'
import type { VoicemailRecord } from '../../core/ports/voicemail.ts'
import { ClockTrust } from '../recordings/retention.ts'
import { repeat } from '../repeat.ts'
import { type RemoveMessagePorts, removeForGood } from './remove.ts'

const lookEveryMs = 600_000
const atOnce = 50
/** One that is held is looked at again then. */
const heldMs = 86_400_000

export interface ExpirePorts extends Omit<RemoveMessagePorts, 'clock'> {
  readonly clock: Clock
  readonly log: Log
}

/**
 * Deletes messages for good whose time is over. A clock that was set forward deletes nothing for an hour. Returns how
 * to stop.
 */
export function expireMessages(ports: ExpirePorts, ready: Promise<void>): () => void {
  const { clock, log } = ports
  const trust = new ClockTrust(clock.nowMs(), clock.monotonicMs())
  return repeat(clock, log, {
    ...{ everyMs: lookEveryMs, ready, fault: 'old voicemail could not be removed' },
    async do(isOver) {
      const isTrusted = trust.look(clock.nowMs(), clock.monotonicMs()) === undefined
      if (isTrusted) await sweep(ports, isOver)
      return undefined
    },
  })
}

async function sweep(ports: ExpirePorts, isOver: () => boolean): Promise<void> {
  const { store, clock } = ports
  for (;;) {
    const old = await store.voicemails.expired(clock.nowMs(), atOnce)
    for (const message of old) {
      if (isOver()) return
      await expire(ports, message)
    }
    if (old.length < atOnce) return
  }
}

/** One that stays is looked at again later. */
async function expire(ports: ExpirePorts, message: VoicemailRecord): Promise<void> {
  const { store, clock, log } = ports
  const keptUntilMs = await wantedUntil(ports, message)
  if (keptUntilMs !== undefined)
    return store.voicemails.save({ ...message, expiresAtMs: keptUntilMs })
  try {
    await removeForGood(ports, message, { by: 'retention', why: 'kept long enough' })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    log.info('a message stays', { voicemailId: message.id, error: error.message })
    await store.voicemails.save({ ...message, expiresAtMs: clock.nowMs() + heldMs })
  }
}

/** Somebody has set for its recording that it is kept longer, whatever the box's retention says. */
async function wantedUntil(
  { store, clock }: ExpirePorts,
  { accountId, recordingId }: VoicemailRecord,
): Promise<number | undefined> {
  const recording = await store.recordings.get(accountId, recordingId)
  const { retainUntilMs } = recording ?? {}
  return retainUntilMs !== undefined && retainUntilMs > clock.nowMs() ? retainUntilMs : undefined
}
