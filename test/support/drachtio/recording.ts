/** What was seen of one scenario, in the order of time: control frames, SIP messages, closed connections. */
export type Recorded =
  | {
      readonly kind: 'frame'
      readonly atMs: number
      readonly connection: string
      readonly toServer: boolean
      /** Without the length prefix. */
      readonly payload: string
    }
  | { readonly kind: 'closed'; readonly atMs: number; readonly connection: string }
  | {
      readonly kind: 'sip'
      readonly atMs: number
      /** Party names of the port plan: `srv`, `p0`, `p1`, ... */
      readonly from: string
      readonly to: string
      readonly text: string
    }

export interface Recording {
  readonly items: Recorded[]
  readonly portNames: (port: number) => string | undefined
}

export const nowMs = (): number => performance.timeOrigin + performance.now()
