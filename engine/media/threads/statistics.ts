import type { ThreadStatistics } from '../messages.ts'
import { type HistogramCounts, summaryOf } from '../tick/histogram.ts'

/** What one thread answers: its histograms besides, which alone can be added up. */
export interface ThreadFigures extends ThreadStatistics {
  readonly counts: { readonly lateness: HistogramCounts; readonly duration: HistogramCounts }
}

/** Of all media threads. Since a thread that died its figures begin anew. */
export interface MediaStatistics extends ThreadStatistics {
  readonly threadsUp: number
  /** Threads that have died and were started anew. */
  readonly threadDeaths: number
}

const none: HistogramCounts = { counts: new Uint32Array(0), total: 0, maxMs: 0 }
const nothing = { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 }

/** Of a thread that is not there. */
export const noFigures: ThreadFigures = {
  legs: 0,
  tickLateness: nothing,
  tickDuration: nothing,
  ticksSkipped: 0,
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  packetsFromStrangers: 0,
  packetsRefused: 0,
  packetsStuck: 0,
  cpuMs: 0,
  upMs: 0,
  counts: { lateness: none, duration: none },
}

/** Numbers are added up, but for the time that a thread has been up: that of the oldest. */
export function sumOf(each: readonly ThreadFigures[]): ThreadStatistics {
  const sum: Record<string, unknown> = {}
  for (const figures of each) {
    for (const [name, value] of Object.entries(figures)) {
      if (typeof value === 'number') sum[name] = value + Number(sum[name] ?? 0)
    }
  }
  const { counts: _, ...first } = each[0] ?? noFigures
  return {
    ...first,
    ...sum,
    upMs: Math.max(0, ...each.map(({ upMs }) => upMs)),
    tickLateness: summaryOf(each.map(({ counts }) => counts.lateness)),
    tickDuration: summaryOf(each.map(({ counts }) => counts.duration)),
  }
}
