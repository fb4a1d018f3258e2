import type { AudioCodec } from './ports/media.ts'

/** How good a call sounds, by the E-model (ITU-T G.107) reduced to what packets can tell: delay and loss. */
export interface Mos {
  /** 1 to 4.5: what people would say on average. */
  readonly value: number
  /** The codec is one for which the model's figures were published (G.711); for others it is only a comparison. */
  readonly grounded: boolean
}

/** How well G.711 with concealment bears random loss (G.113). */
const BPL_G711_CONCEALED = 25.1
/** From here delay is a nuisance to a conversation, ms. */
const NUISANCE_DELAY_MS = 177.3
const grounded: readonly AudioCodec[] = ['PCMU', 'PCMA']

/** The rating factor R, 0 to 93.2; `delayMs` from mouth to ear, `lossPercent` what had to be concealed. */
export function rFactor(delayMs: number, lossPercent: number, bpl = BPL_G711_CONCEALED): number {
  const loss = Math.min(100, Math.max(0, lossPercent))
  const delay = Math.max(0, delayMs)
  const byLoss = (95 * loss) / (loss + bpl)
  const byDelay = 0.024 * delay + 0.11 * Math.max(0, delay - NUISANCE_DELAY_MS)
  return Math.max(0, 93.2 - byDelay - byLoss)
}

/** G.107 annex B. */
export function mosOf(r: number): number {
  if (r <= 0) return 1
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
}

/** What one side of a call hears. */
export function estimateMos(codec: AudioCodec, delayMs: number, lossPercent: number): Mos {
  const value = mosOf(rFactor(delayMs, lossPercent))
  return { value: Math.round(value * 100) / 100, grounded: grounded.includes(codec) }
}
