/** The shapes of timeline-model.js, for pages that are built. */
export interface Bar {
  readonly kind: string
  readonly fromMs: number
  readonly toMs: number
  readonly text: string
}
export interface Point {
  readonly kind: string
  readonly ms: number
  readonly text: string
}
export interface Lane {
  readonly name: string
  readonly bars: readonly Bar[]
  readonly points: readonly Point[]
}
export interface Timeline {
  /** Milliseconds since 1970. */
  readonly startMs: number
  readonly lengthMs: number
  readonly lanes: readonly Lane[]
  readonly marks: readonly { readonly ms: number; readonly text: string }[]
}
type Json = Readonly<Record<string, unknown>>
export function timelineOf(
  told: { readonly events: readonly Json[]; readonly legs: readonly Json[] },
  nowMs: number,
): Timeline
export function legName(leg: Json, legs: readonly Json[]): string
export function tickStepMs(lengthMs: number, most: number): number
export function tickText(ms: number, stepMs: number): string
