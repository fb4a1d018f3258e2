/** A sound of one or more sine waves, in seconds from the beginning of a round. */
export interface Note {
  readonly hz: readonly number[]
  readonly atS: number
  readonly lengthS: number
  /** 0 to 1. */
  readonly gain: number
}

/** What is played; without `everyS` once. */
export interface Score {
  readonly notes: readonly Note[]
  readonly everyS: number | undefined
}

export type SoundName = 'ring' | 'waiting' | 'ringback' | 'busy' | 'ended'

/** The phone rings with two warm chords and a rest, twice, then a longer rest. */
const ring: readonly Note[] = [0, 1.1].flatMap((start) => [
  { hz: [523.25, 659.25], atS: start, lengthS: 0.28, gain: 0.5 },
  { hz: [587.33, 783.99], atS: start + 0.18, lengthS: 0.34, gain: 0.5 },
  { hz: [659.25, 987.77], atS: start + 0.36, lengthS: 0.55, gain: 0.42 },
])

const scores: Readonly<Record<SoundName, Score>> = {
  ring: { notes: ring, everyS: 4 },
  waiting: {
    notes: [0, 0.3].map((atS) => ({ hz: [440], atS, lengthS: 0.15, gain: 0.16 })),
    everyS: 5,
  },
  // Europe's ring-back tone (ETSI ES 201 970: 425 Hz, 1 s on, 4 s off).
  ringback: { notes: [{ hz: [425], atS: 0, lengthS: 1, gain: 0.14 }], everyS: 5 },
  busy: {
    notes: [0, 1, 2].map((atS) => ({ hz: [425], atS, lengthS: 0.5, gain: 0.14 })),
    everyS: undefined,
  },
  ended: { notes: [{ hz: [480, 360], atS: 0, lengthS: 0.2, gain: 0.12 }], everyS: undefined },
}

export const scoreOf = (name: SoundName): Score => scores[name]

/** What of all this is heard now; one sound at a time. */
export interface SoundScene {
  /** Rings here and waits for an answer. */
  readonly isRinging: boolean
  /** Another call is up. */
  readonly isTalking: boolean
  /** Rings there, and nothing is heard from there yet. */
  readonly isRingingThere: boolean
}

export function soundFor({
  isRinging,
  isTalking,
  isRingingThere,
}: SoundScene): SoundName | undefined {
  if (isRinging) return isTalking ? 'waiting' : 'ring'
  return isRingingThere ? 'ringback' : undefined
}
