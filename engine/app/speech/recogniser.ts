import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import type { Transcript } from '../../core/ports/recordings.ts'
import type { SoundBlock, Transcriber } from '../../core/ports/transcriber.ts'
import type { GatherVerb } from '../../core/verbs.ts'
import { deadline } from '../wait.ts'

/** Of those who wait or are being transcribed; more are refused. */
export const mostRecognised = 16
/** Sound that is held of those who speak now, in all calls. */
export const mostHeldBytes = 64 * 1024 * 1024
/** With the waiting for others: nobody on the phone waits for longer. */
export const recognisedWithinMs = 30_000

const notSet =
  'Speech is not recognised here: no model is set that can (RINGDOWN_TRANSCRIBE_MODEL_DIR)'

/** Why nobody who speaks can be understood, for people; undefined: they can. */
export const deafBecause = (
  recogniser: Pick<Recogniser, 'unavailableBecause'> | undefined,
): string | undefined => (recogniser === undefined ? notSet : recogniser.unavailableBecause())

/** It takes what is said. */
export const hearsSpeech = ({ input }: GatherVerb): boolean => input?.includes('speech') === true

/** Failure `transcription_failed`: the verb asks for speech, and no model is set that can make words of it. */
export function requireHearing(
  recogniser: Pick<Recogniser, 'unavailableBecause'> | undefined,
  verb: GatherVerb,
): void {
  const missing = hearsSpeech(verb) ? deafBecause(recogniser) : undefined
  if (missing !== undefined)
    throw new Failure('transcription_failed', `gather: ${missing}`, 'verbs')
}

/** Makes text of what is said on the phone, while he who said it waits. */
export class Recogniser {
  readonly #transcriber: Transcriber
  readonly #clock: Clock
  #underWay = 0
  #heldBytes = 0

  constructor(transcriber: Transcriber, clock: Clock) {
    this.#transcriber = transcriber
    this.#clock = clock
  }

  /** As Transcriber.unavailableBecause. */
  unavailableBecause(): string | undefined {
    return this.#transcriber.unavailableBecause()
  }

  /** As Transcriber.hasLanguage. */
  hasLanguage(language: string): boolean {
    return this.#transcriber.hasLanguage?.(language) === true
  }

  /** Nobody waits for it. */
  get isIdle(): boolean {
    return this.#underWay === 0
  }

  /** So much more sound is held of somebody who speaks (less than 0: no longer). False: that is more than there may be. */
  hold(bytes: number): boolean {
    this.#heldBytes += bytes
    return this.#heldBytes <= mostHeldBytes
  }

  /**
   * One channel; `language` as of Transcriber.transcribe. Rejects with Failure `transcription_failed`: too much is waiting,
   * it took too long, or the transcriber has failed; or with the signal's reason.
   */
  async recognise(
    sound: Omit<SoundBlock, 'channels'>,
    signal: AbortSignal,
    language?: string,
  ): Promise<Transcript> {
    signal.throwIfAborted()
    if (this.#underWay >= mostRecognised) {
      throw new Failure('transcription_failed', 'too much is waiting to be recognised')
    }
    this.#underWay += 1
    const limit = deadline(this.#clock, recognisedWithinMs, signal)
    const sounds = only({ ...sound, channels: 1 })
    try {
      const transcript = this.#transcriber.transcribe(sounds, limit.signal, language)
      return await Promise.race([transcript, abortOf(limit.signal)])
    } catch (error) {
      signal.throwIfAborted()
      if (!limit.signal.aborted) throw error
      const why = `not recognised in ${recognisedWithinMs / 1_000} s`
      throw new Failure('transcription_failed', why, undefined, { cause: error })
    } finally {
      this.#underWay -= 1
      limit.disarm()
    }
  }
}

/** A transcriber that hangs may not heed it. */
const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

async function* only(block: SoundBlock): AsyncGenerator<SoundBlock> {
  yield block
}
