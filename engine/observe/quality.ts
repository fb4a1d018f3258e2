import { Counter, Histogram, type Registry } from 'prom-client'
import type { CallQuality } from '../core/quality.ts'

const lossBucketsPercent = [0, 0.1, 0.5, 1, 2, 3, 5, 10, 20, 50]
const timeBucketsS = [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 1]
const mosBuckets = [1, 2, 2.6, 3.1, 3.6, 4, 4.3, 4.5]

/** How legs sounded, in sums over all of them. */
export function quality(registers: Registry[]): (quality: CallQuality) => void {
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({
      name: `ringdown_leg_${name}`,
      help,
      buckets,
      labelNames: ['seen_by'],
      registers,
    })
  const loss = histogram('loss_percent', 'Lost packets of legs that ended', lossBucketsPercent)
  const jitter = histogram('jitter_seconds', 'Jitter of legs that ended', timeBucketsS)
  const trip = new Histogram({
    name: 'ringdown_leg_round_trip_seconds',
    help: 'Round trip of legs that ended, where RTCP told it',
    buckets: timeBucketsS,
    registers,
  })
  const mos = new Histogram({
    name: 'ringdown_leg_mos',
    help: 'Estimated MOS of legs that ended; grounded: of G.711',
    labelNames: ['grounded'],
    buckets: mosBuckets,
    registers,
  })
  const bytes = new Counter({
    name: 'ringdown_leg_rtp_bytes_total',
    help: 'Bytes of RTP over legs that ended',
    labelNames: ['direction'],
    registers,
  })
  return (figures) => {
    const { roundTripMs, remoteLossPercent, remoteJitterMs } = figures
    if (figures.packetsReceived > 0) {
      loss.observe({ seen_by: 'us' }, figures.lossPercent)
      jitter.observe({ seen_by: 'us' }, figures.jitterMs / 1000)
    }
    if (remoteLossPercent !== null) loss.observe({ seen_by: 'peer' }, remoteLossPercent)
    if (remoteJitterMs !== null) jitter.observe({ seen_by: 'peer' }, remoteJitterMs / 1000)
    if (roundTripMs !== null) trip.observe(roundTripMs / 1000)
    if (figures.mos) mos.observe({ grounded: String(figures.mos.grounded) }, figures.mos.value)
    bytes.inc({ direction: 'sent' }, figures.bytesSent)
    bytes.inc({ direction: 'received' }, figures.bytesReceived)
  }
}
