import type { Sound } from './media.ts'

/** The microphone of the machine that the engine runs on. */
export interface Microphone {
  /**
   * Opens it for one call to hear; resolves when the first sound has come. Failures `microphone_busy` while
   * it is open already, `microphone_unavailable` with the reason.
   */
  open(): Promise<OpenMicrophone>
}

export interface OpenMicrophone {
  /** What is said from now on; to be played once. It ends when the microphone does. */
  readonly sound: Sound
  /** Settles when the microphone is no more: with why, unless it was closed. Never rejects. */
  readonly ended: Promise<string | undefined>
  /** Settles when somebody else can open it. Idempotent; never rejects. */
  close(): Promise<void>
}
