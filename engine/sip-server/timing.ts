/** RFC 3261 appendix A with RFC 6026, and our own waits. All in milliseconds. */
export interface Timing {
  readonly t1Ms: number
  readonly t2Ms: number
  readonly t4Ms: number
  /** an INVITE that no application answers at all is answered 408 after this */
  readonly unansweredMs: number
  /** a proxied INVITE branch after a provisional response (timer C) */
  readonly timerCMs: number
  /** a request that finds nothing but silence goes on to the next place of its name after this */
  readonly nextPlaceMs: number
  /** TCP connection attempt, and the handshake of TLS or a WebSocket in either direction */
  readonly connectMs: number
  /** TCP connection on which nothing is said */
  readonly idleMs: number
  /** connection with an unfinished message, or that has not said anything yet */
  readonly stallMs: number
  /** how often a WebSocket is pinged; who has not answered by the next one is gone */
  readonly pingMs: number
  /** how often certificate files are looked at */
  readonly certificateMs: number
  /** control connection that has not authenticated */
  readonly authenticateMs: number
}

export const defaultTiming: Timing = {
  t1Ms: 500,
  t2Ms: 4000,
  t4Ms: 5000,
  unansweredMs: 64_000,
  timerCMs: 185_000,
  // three times sent over UDP; whoever gives up on silence after 5 s still hears the second place
  nextPlaceMs: 2000,
  connectMs: 10_000,
  idleMs: 7_200_000,
  stallMs: 30_000,
  pingMs: 15_000,
  certificateMs: 10_000,
  authenticateMs: 10_000,
}

/** 64 * T1: timers B, F, H, J, L, M and every wait for an ACK or PRACK. */
export const giveUpMs = (timing: Timing): number => 64 * timing.t1Ms
