import type { AccountId, RecordingId } from '../../core/ids.ts'
import type { RecordOutcome } from '../../core/ports/media.ts'
import type { RecordingSpan } from '../../core/ports/recordings.ts'
import type { CutRecording, Ports } from '../ports.ts'

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

export interface TrimmedOutcome extends RecordOutcome {
  /** What is heard in the file begins so long after its recording has begun. */
  readonly trimmedMs?: number
}

/** Spans are where they are in what was left of it; a pause before that has no length in the file, but took its time. */
export function asTrimmed(
  { spans = [], ...outcome }: RecordOutcome,
  { beginsMs = 0, durationMs, bytes }: CutRecording,
): TrimmedOutcome {
  const pausedMs = spans
    .filter(({ kind, startMs }) => kind === 'paused' && startMs < beginsMs)
    .reduce((sum, { heldMs = 0 }) => sum + heldMs, 0)
  const trimmedMs = beginsMs + pausedMs
  return {
    ...{ ...outcome, durationMs, bytes, spans: spansWithin(spans, beginsMs, durationMs) },
    ...(trimmedMs > 0 && { trimmedMs }),
  }
}

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
