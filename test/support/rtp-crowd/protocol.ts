import type { Summary } from '../../bench/statistics.ts'
import type { CrowdCodec, Voice } from './voices.ts'

/** What the bench or the test asks of a process of the crowd; legs are counted from 0 in each process. */
export type CrowdQuestion =
  | { readonly is: 'open'; readonly options: CrowdChildOptions }
  /** Where legs send to from now on; 0: nowhere, they are silent and hear nothing. */
  | { readonly is: 'aim'; readonly targets: readonly Aim[] }
  /** The legs say this, from now on counted. The answer is the process's own time of it. */
  | { readonly is: 'say'; readonly turns: readonly Turn[] }
  /** Figures begin anew; what these legs hear is kept. */
  | { readonly is: 'measure'; readonly keep: readonly number[] }
  | { readonly is: 'figures' }
  | { readonly is: 'tones'; readonly wanted: readonly ToneQuestion[] }
  | { readonly is: 'delays'; readonly pairs: readonly Pair[] }

export interface CrowdChildOptions {
  readonly address: string
  readonly legs: readonly { readonly codec: CrowdCodec; readonly payloadType: number }[]
  /** More than one: legs share a socket, and are told apart by the port that packets come from. */
  readonly legsPerSocket: number
  readonly firstSsrc: number
  /** Packets are held back by up to so much, evenly spread. */
  readonly jitterMs: number
}

export interface Aim {
  readonly leg: number
  readonly port: number
}

/** A leg says something from `fromMs` until before `toMs` after the question; else it is silent. */
export interface Turn {
  readonly leg: number
  readonly voice: Voice
  readonly fromMs: number
  readonly toMs: number
}

/** How loud these tones are in what a leg heard; times as in its process (see `say`). */
export interface ToneQuestion {
  readonly leg: number
  readonly fromMs: number
  readonly toMs: number
  readonly frequenciesHz: readonly number[]
}

/** Peak of each tone below full scale; -120: nothing arrived at that time. */
export type ToneLevels = readonly number[]

export interface Pair {
  readonly talker: number
  readonly listener: number
}

export interface LegFigures {
  readonly sent: number
  readonly received: number
  /** Gaps in the sequence numbers that arrived. */
  readonly missing: number
}

export interface CrowdFigures {
  readonly elapsedMs: number
  readonly legs: readonly LegFigures[]
  /** How long after their deadlines packets were sent. */
  readonly lateMs: Summary
  /** Of this process, as a share of a core. */
  readonly cpu: number
}

export interface DelayFigures {
  /** From the sending of a sample's packet to the arrival of the packet that it is heard in. */
  readonly delayMs: Summary
  /** Stretches of 250 ms that were looked at, and those in which the talker was not found. */
  readonly stretches: number
  readonly notFound: number
}
