/** `digests`: wrong passwords, with nonces that we gave that address; the others on a connection. */
export type BanReason = 'digests' | 'malformed' | 'scanner'

/** An address that nothing is taken from for a while. */
export interface Ban {
  /** Plain IP address. */
  readonly address: string
  readonly reason: BanReason
  readonly sinceMs: number
  readonly untilMs: number
  /** 1 the first time; each time again lasts twice as long. */
  readonly count: number
}

export interface Bans {
  /** The latest first. */
  list(): readonly Ban[]
  /** False when there is none on that address. */
  lift(address: string): boolean
}

/** To whoever looks at packets before anybody reads them: the embedded SIP server. */
export type GuardCommand =
  | { readonly is: 'ban'; readonly address: string; readonly untilMs: number }
  | { readonly is: 'lift'; readonly address: string }
  /** Somebody at that address has proved who he is. */
  | { readonly is: 'trust'; readonly address: string; readonly untilMs: number }
  /** Trunks: neither limited nor banned. Those of the last such command. */
  | { readonly is: 'exempt'; readonly addresses: readonly string[] }
