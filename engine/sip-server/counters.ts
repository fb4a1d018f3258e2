/** Why something received was not acted on; each is counted, none throws. */
export type DropCause =
  | 'garbage'
  | 'noVia'
  | 'strayResponse'
  | 'strayAck'
  | 'badResponse'
  | 'badRequest'
  | 'overload'
  | 'banned'
  | 'rateLimited'
  | 'scanner'
  | 'tooLarge'
  | 'streamBroken'
  | 'connectionLimit'
  | 'slowReader'
  | 'handshake'

export interface Counters {
  received: number
  sent: number
  retransmitted: number
  ignoredInputs: number
  /** errors of our own that were caught at the edge; each is a bug, and logged with its stack */
  faults: number
  readonly dropped: Record<DropCause, number>
}

export const newCounters = (): Counters => ({
  received: 0,
  sent: 0,
  retransmitted: 0,
  ignoredInputs: 0,
  faults: 0,
  dropped: {
    garbage: 0,
    noVia: 0,
    strayResponse: 0,
    strayAck: 0,
    badResponse: 0,
    badRequest: 0,
    overload: 0,
    banned: 0,
    rateLimited: 0,
    scanner: 0,
    tooLarge: 0,
    streamBroken: 0,
    connectionLimit: 0,
    slowReader: 0,
    handshake: 0,
  },
})
