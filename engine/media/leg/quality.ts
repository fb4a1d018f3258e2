import { estimateMos, mosOf, rFactor } from '../../core/mos.ts'
import type { AudioCodec } from '../../core/ports/media.ts'
import type { LegQuality } from '../../core/quality.ts'
import type { JitterCounters } from '../../dsp/jitter-counters.ts'
import type { LinkFigures, PlayoutFigures } from '../rtp/link-figures.ts'
import { FRAME_MS } from './codec.ts'

/** What the jitter buffers of a leg have counted. */
export type Heard = Pick<
  JitterCounters,
  'received' | 'late' | 'duplicate' | 'lost' | 'concealed' | 'depthMs' | 'targetMs'
>

/** In percent of what was to be played. */
function concealedPercent({ received, late, duplicate, concealed }: Heard): number {
  const played = Math.max(0, received - late - duplicate)
  return concealed === 0 ? 0 : (concealed * 100) / (played + concealed)
}

/** From mouth to ear, as far as it is known: half of the round trip, what waits here, and a packet. */
const delayOf = ({ depthMs }: Heard, { roundTripMs }: LinkFigures): number =>
  (roundTripMs ?? 0) / 2 + depthMs + FRAME_MS

/** `codec`: what the peer sends. */
export function qualityOf(codec: AudioCodec, heard: Heard, link: LinkFigures): LegQuality {
  const concealed = concealedPercent(heard)
  return {
    lossPercent: link.lossPercent,
    jitterMs: link.jitterMs,
    roundTripMs: link.roundTripMs,
    remoteLossPercent: link.remoteLossPercent,
    remoteJitterMs: link.remoteJitterMs,
    bufferMs: heard.depthMs,
    concealedPercent: concealed,
    mos: heard.received === 0 ? null : estimateMos(codec, delayOf(heard, link), concealed),
    bytesSent: link.bytesSent,
    bytesReceived: link.bytesReceived,
  }
}

/** For our reports to the peer. */
export function playoutOf(heard: Heard, link: LinkFigures): PlayoutFigures {
  const r = rFactor(delayOf(heard, link), concealedPercent(heard))
  return {
    bufferMs: heard.depthMs,
    bufferMaxMs: Math.max(heard.depthMs, heard.targetMs),
    discardRate: heard.received === 0 ? 0 : heard.late / heard.received,
    rFactor: r,
    mos: mosOf(r),
  }
}

export type QualityChange = 'degraded' | 'restored'

/** In looks, which come once a second. */
const LOOKS_A_WINDOW = 5
/** Windows in a row before it is told. */
const WINDOWS = 2
/** Some users are dissatisfied below 3.6, and nearly all are content above 4 (G.107 annex B). */
const BAD_MOS = 3.6
const GOOD_MOS = 4
/** A window with fewer packets than a second has tells nothing: who is silent is not bad. */
const LEAST_PACKETS = 50

/**
 * Tells when a leg has become bad, to either side, and when it is good again; in between it says nothing, and
 * for each ten seconds are needed.
 */
export class QualityWatch {
  readonly #tell: (change: QualityChange) => void
  #looks = 0
  #received = 0
  #concealed = 0
  #isBad = false
  /** Windows in a row that speak for the other. */
  #against = 0

  constructor(tell: (change: QualityChange) => void) {
    this.#tell = tell
  }

  /** Once a second. */
  look(heard: Heard, link: LinkFigures): void {
    this.#looks += 1
    if (this.#looks < LOOKS_A_WINDOW) return
    this.#looks = 0
    const received = heard.received - this.#received
    const concealed = heard.concealed - this.#concealed
    this.#received = heard.received
    this.#concealed = heard.concealed
    if (received + concealed < LEAST_PACKETS) return
    const delayMs = delayOf(heard, link)
    const here = (concealed * 100) / (received + concealed)
    this.#judge(mosOf(rFactor(delayMs, Math.max(here, link.remoteLossNowPercent ?? 0))))
  }

  #judge(mos: number): void {
    const speaksAgainst = this.#isBad ? mos >= GOOD_MOS : mos < BAD_MOS
    this.#against = speaksAgainst ? this.#against + 1 : 0
    if (this.#against < WINDOWS) return
    this.#against = 0
    this.#isBad = !this.#isBad
    this.#tell(this.#isBad ? 'degraded' : 'restored')
  }
}
