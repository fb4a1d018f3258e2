import type { ConnectionState, LegStatistics } from '../../core/ports/media.ts'
import type { QualityChange } from './quality.ts'
import type { SilenceChange, SilenceLimits } from './silence-watch.ts'
import type { InbandDtmf } from './tone-keys.ts'

/** What a leg needs, and whom it tells. */
export interface LegEnvironment {
  /** Milliseconds on the clock of the tick, whole ones. */
  readonly nowMs: () => number
  /** 32 random bits. */
  readonly random: () => number
  readonly onDigit: (digit: string, durationMs: number) => void
  /** When keys are looked for in the sound; undefined: `auto`. */
  readonly inbandDtmf?: InbandDtmf | undefined
  readonly silence: SilenceLimits
  readonly onSilence: (change: SilenceChange, silentMs: number) => void
  readonly onConnection: (state: ConnectionState) => void
  readonly onQuality: (change: QualityChange, figures: LegStatistics) => void
}
