/** Whom to call for an inbound call that ends like that. */
export const inboundWays = {
  remoteBye: '+61290000001',
  localBye: '+61290000002',
  refused: '+61290000003',
  cancelled: '+61290000004',
} as const

/** Whom to call for an outbound call that ends like that. */
export const outboundWays = {
  remoteBye: '+61255500011',
  localBye: '+61255500012',
  refused: '+61255500013',
  cancelled: '+61255500014',
  /** No answer at all. */
  silent: '+61255500015',
  /** Nobody listens there. */
  unreachable: '',
} as const

export type InboundWay = keyof typeof inboundWays
export type OutboundWay = keyof typeof outboundWays
