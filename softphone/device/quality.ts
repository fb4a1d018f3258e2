import type { Quality } from './types.ts'

/** The E-model's basic signal-to-noise ratio (ITU-T G.107 with its default values). */
const BEST_R = 93.2
/** Above this one-way delay conversation suffers more. */
const DELAY_KNEE_MS = 177.3
/** G.711 with packet loss concealment (ITU-T G.113 Appendix I). */
const LOSS_ROBUSTNESS = 25.1
const PACKET_MS = 20

/** Estimated mean opinion score, 1 to 4.5, from the one-way delay and the share of packets lost. */
export function meanOpinionScore(delayMs: number, lossPercent: number): number {
  const delay = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - DELAY_KNEE_MS)
  const loss = (95 * lossPercent) / (lossPercent + LOSS_ROBUSTNESS)
  const r = Math.max(0, Math.min(100, BEST_R - delay - loss))
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
}

/** Numbers of one report of a peer connection that we look at. */
interface Sample {
  lost: number
  received: number
  jitterS: number
  roundTripS: number | undefined
  bufferedS: number
  emitted: number
  codec: string
  inputLevel: number
  outputLevel: number
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

type Entry = Readonly<Record<string, unknown>>

function readInbound(entry: Entry, sample: Sample): void {
  sample.lost = number(entry['packetsLost'])
  sample.received = number(entry['packetsReceived'])
  sample.jitterS = number(entry['jitter'])
  sample.bufferedS = number(entry['jitterBufferDelay'])
  sample.emitted = number(entry['jitterBufferEmittedCount'])
  sample.outputLevel = number(entry['audioLevel'])
}

function readReport(report: RTCStatsReport): Sample {
  const sample: Sample = {
    lost: 0,
    received: 0,
    jitterS: 0,
    roundTripS: undefined,
    bufferedS: 0,
    emitted: 0,
    codec: '',
    inputLevel: 0,
    outputLevel: 0,
  }
  let codecId: unknown
  for (const entry of (report as ReadonlyMap<string, Entry>).values()) {
    if (entry['type'] === 'inbound-rtp') {
      readInbound(entry, sample)
      codecId = entry['codecId']
    } else if (
      entry['type'] === 'remote-inbound-rtp' &&
      typeof entry['roundTripTime'] === 'number'
    ) {
      sample.roundTripS = entry['roundTripTime']
    } else if (entry['type'] === 'media-source') sample.inputLevel = number(entry['audioLevel'])
  }
  const codec = typeof codecId === 'string' ? (report.get(codecId) as Entry | undefined) : undefined
  sample.codec = String(codec?.['mimeType'] ?? '').replace(/^audio\//, '')
  return sample
}

/** Turns reports, taken about once a second, into what happened between them. */
export class QualityMeter {
  #before: Sample | undefined

  measure(report: RTCStatsReport, at: Date): Quality {
    const now = readReport(report)
    const before = this.#before
    this.#before = now
    const lost = Math.max(0, now.lost - (before?.lost ?? 0))
    const received = Math.max(0, now.received - (before?.received ?? 0))
    const expected = lost + received
    const lossPercent = expected === 0 ? 0 : (100 * lost) / expected
    const emitted = now.emitted - (before?.emitted ?? 0)
    const bufferMs = emitted > 0 ? (1000 * (now.bufferedS - (before?.bufferedS ?? 0))) / emitted : 0
    const roundTripMs = now.roundTripS === undefined ? undefined : now.roundTripS * 1000
    return {
      at,
      lossPercent,
      jitterMs: now.jitterS * 1000,
      roundTripMs,
      mos: meanOpinionScore((roundTripMs ?? 0) / 2 + bufferMs + PACKET_MS, lossPercent),
      codec: now.codec,
      inputLevel: now.inputLevel,
      outputLevel: now.outputLevel,
    }
  }
}
