/** Wrong PINs that somebody has entered, one after the other. */
export interface PinTries {
  /** Since the last lock. */
  readonly wrong: number
  /** How often that has locked him out. */
  readonly locks: number
  /** Of the last one. */
  readonly atMs: number
  /** From then on it is as if there had been none. */
  readonly forgottenAtMs: number
}

/** Kept, so that a restart gives nobody new tries. A key says whose tries and at what door. */
export interface PinTriesStore {
  get(key: string): Promise<PinTries | undefined>
  /** By their keys, where there are any. */
  ofAll(keys: readonly string[]): Promise<ReadonlyMap<string, PinTries>>
  /** Replaces them by what `change` makes of them, and nobody else can do so in between; returns that. */
  change(key: string, change: (before: PinTries | undefined) => PinTries): Promise<PinTries>
  /** Fine when there are none. */
  remove(key: string): Promise<void>
}
