import type { CallEvent, CallEventType, EventDraft } from '../../core/events.ts'
import type { StreamFormat, StreamOptions, StreamTrack } from '../../core/ports/streams.ts'

/** A stream to a server, as the log of its call tells it; null: not told, or not yet. */
export interface StreamRecord {
  readonly id: string
  readonly name: string | null
  readonly url: string
  readonly status: 'connecting' | 'in-progress' | 'completed' | 'failed'
  readonly format: StreamFormat | null
  readonly rateHz: number | null
  readonly tracks: readonly StreamTrack[] | null
  readonly speaks: StreamOptions['speaks'] | null
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly durationMs: number | null
  /** Of one that is completed: why it is over, and what the server gave as its reason. */
  readonly reason: string | null
  readonly why: string | null
  /** Of one that failed. */
  readonly code: string | null
  readonly error: string | null
  readonly framesDropped: number | null
  readonly refused: number | null
  readonly lastRefusal: string | null
}

const nothingTold = {
  ...{ format: null, rateHz: null, tracks: null, speaks: null },
  ...{ startedAtMs: null, endedAtMs: null, durationMs: null },
  ...{ reason: null, why: null, code: null, error: null },
  ...{ framesDropped: null, refused: null, lastRefusal: null },
} as const

/** One that has answered nothing yet. */
export const connectingStream = (
  id: string,
  { name = null, url }: { readonly name?: string | null; readonly url: string },
): StreamRecord => ({ ...nothingTold, id, name, url, status: 'connecting' })

const statuses: Readonly<Partial<Record<CallEventType, StreamRecord['status']>>> = {
  'stream.started': 'in-progress',
  'stream.stopped': 'completed',
  'stream.failed': 'failed',
}

/** The streams to servers of a call, by its log, the oldest first. */
export function streamsIn(events: readonly CallEvent[]): StreamRecord[] {
  const streams = new Map<string, StreamRecord>()
  for (const { type, atMs, data } of events) {
    const status = statuses[type]
    if (status === undefined) continue
    const { streamId, ...told } = data as { streamId: string } & Pick<StreamRecord, 'name' | 'url'>
    streams.set(streamId, {
      ...(streams.get(streamId) ?? connectingStream(streamId, told)),
      ...told,
      status,
      ...(status === 'in-progress' ? { startedAtMs: atMs } : { endedAtMs: atMs }),
    })
  }
  return [...streams.values()]
}

const ends = {
  'stream.started': 'stream.stopped',
  'media.stream-started': 'media.stream-stopped',
} as const satisfies Partial<Record<CallEventType, CallEventType>>

/** What is to be told of streams, of either kind, that have no end in the log of their call: it died with the process. */
export function streamsCutOff(
  events: readonly CallEvent[],
  endedAtMs: number,
  nowMs: number,
): EventDraft[] {
  const ended = new Set<unknown>(Object.values(ends))
  const over = new Set(
    events.flatMap(({ type, data }) => (ended.has(type) ? [data['streamId']] : [])),
  )
  return events.flatMap(({ type, callId, atMs, data }) => {
    if (
      (type !== 'stream.started' && type !== 'media.stream-started') ||
      over.has(data['streamId'])
    )
      return []
    const { streamId, name, url } = data
    const durationMs = Math.max(0, endedAtMs - atMs)
    return {
      ...{ type: ends[type], callId, atMs: nowMs },
      data: { streamId, ...(url !== undefined && { name, url }), ...{ reason, durationMs } },
    }
  })
}

/** As calls, recordings and conferences are told of it. */
const reason = 'process_restarted'
