/**
 * What the four transaction machines (RFC 3261 section 17 as corrected by RFC 6026) have in
 * common. A machine is a table: state x input -> next state and acts. It holds no clock, no
 * message and no socket; `run.ts` carries out the acts. A missing entry means: ignore and count.
 */
export type TxState =
  | 'calling'
  | 'trying'
  | 'proceeding'
  | 'accepted'
  | 'completed'
  | 'confirmed'
  | 'terminated'

/** Timer names are those of RFC 3261 appendix A and RFC 6026. */
export type TxTimer = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M'

export type TxInput =
  /** a response from the network (client) or from above (server) */
  | '1xx'
  | '2xx'
  | '3xx-6xx'
  /** the request again, from the network */
  | 'request'
  | 'ack'
  /** the transport could not deliver */
  | 'sendFailed'
  /** from above: a CANCEL was sent and no final response came */
  | 'giveUp'
  | TxTimer

export type TxAct =
  /** hand the message to the layer above */
  | 'up'
  /** acknowledge a failed INVITE */
  | 'ack'
  /** server: send the response just given; client: none */
  | 'send'
  /** send the last message again */
  | 'resend'
  | 'timeout'
  | 'failed'
  /** the ACK of a failed INVITE never came */
  | 'unacknowledged'

export type TxRule = readonly [TxState, ...TxAct[]]
export type TxTable = { readonly [S in TxState]?: { readonly [I in TxInput]?: TxRule } }

export interface Machine {
  readonly initial: TxState
  readonly table: TxTable
  /** timers that run in a state; one that runs in the next state too is not restarted */
  readonly timers: { readonly [S in TxState]?: readonly TxTimer[] }
}
