/** One thing that reads what strangers send. Inputs are byte strings: one character is one byte. */
export interface Target {
  readonly name: string
  /** One line for the list of targets. */
  readonly about: string
  /** What inputs are made from. */
  readonly seeds: readonly string[]
  /** Pieces that mean something here; they are put into inputs. */
  readonly pieces: readonly string[]
  /** No input is longer. */
  readonly mostBytes: number
  /** Reads the input; throws when the code under test breaks a promise. */
  run(input: string): void
}

/** A promise of the code under test, held or broken. */
export function promise(held: boolean, says: string): asserts held {
  if (!held) throw new Error(`broken promise: ${says}`)
}
