/** Bounds on what a peer may send; everything beyond is refused before it is stored. */
export const messageLimits = {
  /** one SIP message on any transport */
  messageBytes: 65_536,
  /** header lines of one message */
  headerLines: 256,
} as const
