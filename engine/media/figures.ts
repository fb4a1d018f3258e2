import type { MediaStatistics } from './threads/statistics.ts'

/** What of the media threads, taken together, is on the metrics page: name, help, value. */
export const mediaFigures: readonly [string, string, (figures: MediaStatistics) => number][] = [
  ['threads', 'Media threads that run', (is) => is.threadsUp],
  ['thread_deaths', 'Media threads that died and were started anew', (is) => is.threadDeaths],
  ['packets_stuck', 'RTP packets dropped between two media threads', (is) => is.packetsStuck],
  ['legs', 'Legs of the media threads', (is) => is.legs],
  ['cpu_seconds', 'CPU time of the media threads', (is) => is.cpuMs / 1000],
  [
    'packets_from_strangers',
    'RTP packets that were not the peer’s',
    (is) => is.packetsFromStrangers,
  ],
  ['packets_lost', 'RTP packets that never came', (is) => is.packetsLost],
  ['ticks_skipped', 'Ticks left out as a thread was too late', (is) => is.ticksSkipped],
  ['tick_late_p99_seconds', 'Lateness of ticks since start', (is) => is.tickLateness.p99Ms / 1000],
  ['tick_late_max_seconds', 'Latest tick since start', (is) => is.tickLateness.maxMs / 1000],
  ['tick_duration_p99_seconds', 'Length of ticks', (is) => is.tickDuration.p99Ms / 1000],
]
