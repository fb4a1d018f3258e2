import type { AccountId, RecordingId } from '../../core/ids.ts'
import type { RecordingSpan } from '../../core/ports/recordings.ts'
import type { Ports } from '../ports.ts'

/** Of a part of a file, in its own time. */
export const spansWithin = (
  spans: readonly RecordingSpan[],
  beginsMs: number,
  durationMs: number,
): readonly RecordingSpan[] =>
  spans.flatMap((span) => {
    const startMs = Math.max(0, span.startMs - beginsMs)
    const endMs = Math.min(durationMs, span.endMs - beginsMs)
    return startMs > endMs ? [] : [{ ...span, startMs, endMs }]
  })

/** What was not to be heard is known after a crash too. A store that fails must not end the conversation. */
export async function keepSpans(
  { store, log }: Pick<Ports, 'store' | 'log'>,
  account: AccountId,
  id: RecordingId,
  spans: readonly RecordingSpan[],
): Promise<void> {
  try {
    const stored = await store.recordings.get(account, id)
    if (stored) await store.recordings.save({ ...stored, spans })
  } catch (error) {
    log.error('spans of a recording not stored', { recordingId: id, error: String(error) })
  }
}
