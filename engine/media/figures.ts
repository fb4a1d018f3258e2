import type { ThreadStatistics } from './messages.ts'

/** What of the media thread is on the metrics page: name, help, value. */
export const mediaFigures: readonly [string, string, (figures: ThreadStatistics) => number][] = [
  ['legs', 'Legs of the media thread', (is) => is.legs],
  ['cpu_seconds', 'CPU time of the media thread', (is) => is.cpuMs / 1000],
  [
    'packets_from_strangers',
    'RTP packets that were not the peer’s',
    (is) => is.packetsFromStrangers,
  ],
  ['packets_lost', 'RTP packets that never came', (is) => is.packetsLost],
  ['ticks_skipped', 'Ticks left out as the thread was too late', (is) => is.ticksSkipped],
  ['tick_late_p99_seconds', 'Lateness of ticks since start', (is) => is.tickLateness.p99Ms / 1000],
  ['tick_late_max_seconds', 'Latest tick since start', (is) => is.tickLateness.maxMs / 1000],
  ['tick_duration_p99_seconds', 'Length of ticks', (is) => is.tickDuration.p99Ms / 1000],
]
