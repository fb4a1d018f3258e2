import { shortestSpeechMs, VoiceWatch } from './voice-watch.ts'

export interface SpeechLimits {
  /** So much silence after speech ends it. */
  readonly speechTimeoutMs: number
  /** Who speaks for longer is not heard to his end. */
  readonly maxSpeechMs: number
}

/** Kept of what was before speech was noticed: its first sounds may be soft. */
const leadMs = 500
/** So much of it makes speech of sounds; a knock has less. */
const leastSpeechMs = 100
/** A pause that begins that count anew. */
const longestGapMs = 300
/** What noise is taken for before any is known, dB of full scale. */
const unknownNoiseDb = -42

/**
 * Finds the beginning and the end of what somebody says (end-pointing), in 16-bit little-endian samples as they come,
 * by their loudness over the noise. It holds `maxSpeechMs` and half a second of sound at most.
 */
export class EndPointer {
  state: 'waiting' | 'speaking' | 'ended' = 'waiting'
  readonly #limits: SpeechLimits
  /**
   * Nothing that lasts is speech, however loud: a caller in a car would never be at his end. Nor is noise that begins: it
   * would stop a prompt.
   */
  readonly #voice = new VoiceWatch(Number.POSITIVE_INFINITY, unknownNoiseDb)
  #held: Uint8Array[] = []
  #heldMs = 0
  #loudMs = 0
  #spokenMs = 0

  constructor(limits: SpeechLimits) {
    this.#limits = limits
  }

  /** From its first sound to the silence after it. */
  get spokenMs(): number {
    return this.#spokenMs
  }

  /** Takes in the next samples, which are its own from then on. `durationMs`: how long they are. */
  hear(samples: Uint8Array, durationMs: number): void {
    if (this.state === 'ended') return
    const voice = this.#voice
    voice.hear(samples, durationMs)
    this.#held.push(samples)
    this.#heldMs += durationMs
    if (this.state === 'waiting') this.#await(durationMs)
    else this.#follow(durationMs)
  }

  /** What was said, with the sound around it; it is not held any more. */
  take(): Int16Array {
    const said = this.soFar()
    this.#held = []
    return said
  }

  /** The same by now; it is held on. */
  soFar(): Int16Array {
    const bytes = Buffer.concat(this.#held)
    const said = new Int16Array(bytes.length >> 1)
    for (let i = 0; i < said.length; i++) said[i] = bytes.readInt16LE(i * 2)
    return said
  }

  #await(durationMs: number): void {
    const { quietMs } = this.#voice
    if (quietMs > longestGapMs) {
      this.#loudMs = 0
      this.#spokenMs = 0
    } else if (this.#loudMs > 0) this.#spokenMs += durationMs
    if (quietMs === 0) {
      if (this.#loudMs === 0) this.#spokenMs = shortestSpeechMs
      this.#loudMs += durationMs
    }
    if (this.#loudMs >= leastSpeechMs) {
      this.state = 'speaking'
      return
    }
    while (this.#heldMs > leadMs) {
      this.#held.shift()
      this.#heldMs -= durationMs
    }
  }

  #follow(durationMs: number): void {
    const { speechTimeoutMs, maxSpeechMs } = this.#limits
    this.#spokenMs += durationMs
    const { quietMs } = this.#voice
    if (quietMs >= speechTimeoutMs) {
      this.#spokenMs -= quietMs
      this.state = 'ended'
    } else if (this.#spokenMs >= maxSpeechMs) this.state = 'ended'
  }
}
