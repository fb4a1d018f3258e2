/**
 * The file is one that somebody else began, who has closed it or has died; one that had no time to begin it counts as
 * empty. What is whole of it is kept, and the rest, up to where it goes on, is silence.
 */
export interface GoesOn {
  /** Samples of each channel, from the beginning of the file. */
  readonly atSamples: number
  /** So many were there. Not called when the file could not be gone on with: it is left as it is then. */
  found(samples: number): void
}
