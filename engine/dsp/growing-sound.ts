/**
 * A sound that is played while it is still being made, by any number of players in any thread: memory that is shared
 * and grows with it. One writer; who reads never waits and never writes here. 16-bit mono.
 */

/** Words before the samples. */
const WRITTEN = 0
const ENDED = 1
const RATE_HZ = 2
const HEADER_WORDS = 4
const HEADER_BYTES = HEADER_WORDS * 4
const FIRST_BYTES = 2 ** 15
/** After a gap so much lies ready before it goes on, or it would stutter. */
const READY_MS = 200
/** Sound that breaks off in the middle of a wave falls to silence, and rises out of it, in so long: it would click. */
const FADE_MS = 5

/** The maker's end. */
export class SoundWriter {
  readonly shared: SharedArrayBuffer
  readonly #header: Int32Array
  /** Grows with the memory. */
  readonly #samples: Int16Array
  readonly #mostSamples: number
  #written = 0

  /** @param mostSamples beyond which `write` fails: memory that is set aside, not used. */
  constructor(rateHz: number, mostSamples: number) {
    const maxByteLength = HEADER_BYTES + mostSamples * 2
    this.shared = new SharedArrayBuffer(Math.min(FIRST_BYTES, maxByteLength), { maxByteLength })
    this.#header = new Int32Array(this.shared, 0, HEADER_WORDS)
    this.#samples = new Int16Array(this.shared, HEADER_BYTES)
    this.#header[RATE_HZ] = rateHz
    this.#mostSamples = mostSamples
  }

  get samples(): number {
    return this.#written
  }

  /** @throws RangeError where it is longer than there may be. */
  write(pcm: Int16Array): void {
    const written = this.#written + pcm.length
    if (written > this.#mostSamples) throw new RangeError('the sound is too long')
    const needed = HEADER_BYTES + written * 2
    if (needed > this.shared.byteLength) {
      this.shared.grow(
        Math.min(this.shared.maxByteLength, Math.max(needed, this.shared.byteLength * 2)),
      )
    }
    this.#samples.set(pcm, this.#written)
    this.#written = written
    // Last: what a reader sees counted is there.
    Atomics.store(this.#header, WRITTEN, written)
  }

  /** All that is written. */
  copy(): Int16Array {
    return new Int16Array(this.#samples.subarray(0, this.#written))
  }

  /** No more will come; what is there is still played. */
  end(): void {
    Atomics.store(this.#header, ENDED, 1)
  }
}

/** How far a player has come: a word that it writes and others read. */
export const newPlace = (): SharedArrayBuffer => new SharedArrayBuffer(4)

/** How much has been played, that of earlier rounds too. */
export const playedMsAt = (place: SharedArrayBuffer): number =>
  Atomics.load(new Int32Array(place), 0)

/** A player's end. After construction it does not allocate. */
export class SoundReader {
  readonly rateHz: number
  readonly #header: Int32Array
  readonly #samples: Int16Array
  readonly #place: Int32Array | undefined
  readonly #ready: number
  #roundsLeft: number
  #at = 0
  #played = 0
  #waits = false
  #gaps = 0
  readonly #fade: number
  /** Of what was heard last. */
  #last = 0
  /** Samples until it has fallen, or risen. */
  #falls = 0
  #rises = 0

  /** @param rounds how often it is played; Infinity: until it is stopped. */
  constructor(shared: SharedArrayBuffer, rounds = 1, place?: SharedArrayBuffer) {
    this.#header = new Int32Array(shared, 0, HEADER_WORDS)
    this.#samples = new Int16Array(shared, HEADER_BYTES)
    this.#place = place && new Int32Array(place)
    this.rateHz = this.#header[RATE_HZ]!
    this.#ready = (READY_MS * this.rateHz) / 1000
    this.#fade = (FADE_MS * this.rateHz) / 1000
    this.#roundsLeft = rounds
  }

  /** How often its maker was too slow. */
  get gaps(): number {
    return this.#gaps
  }

  /** Fills `pcm`, with silence where nothing is there yet; false when nothing of it belongs to the sound any more. */
  next(pcm: Int16Array): boolean {
    // Before the count: what was written before the end is seen.
    const ended = Atomics.load(this.#header, ENDED) === 1
    const written = Atomics.load(this.#header, WRITTEN)
    let filled = 0
    if (ended || this.#mayGoOn(written)) {
      filled = this.#fill(pcm, written, ended)
      this.#played += filled
      if (this.#place) Atomics.store(this.#place, 0, this.#playedMs)
    }
    this.#rise(pcm, filled)
    if (filled > 0) {
      this.#last = pcm[filled - 1]!
      this.#falls = this.#fade
    }
    if (filled === pcm.length) return true
    this.#fall(pcm, filled)
    return !ended || filled > 0
  }

  get #playedMs(): number {
    return Math.round((this.#played * 1000) / this.rateHz) | 0
  }

  /** Only what comes after a gap. */
  #rise(pcm: Int16Array, filled: number): void {
    for (let i = 0; i < filled && this.#rises > 0; i++, this.#rises--) {
      pcm[i] = (pcm[i]! * (this.#fade - this.#rises)) / this.#fade
    }
  }

  /** From where the wave stood down to nothing. */
  #fall(pcm: Int16Array, from: number): void {
    let i = from
    for (; i < pcm.length && this.#falls > 0; i++) {
      this.#falls -= 1
      pcm[i] = (this.#last * this.#falls) / this.#fade
    }
    pcm.fill(0, i)
  }

  #mayGoOn(written: number): boolean {
    if (!this.#waits) return true
    if (written - this.#at < this.#ready) return false
    this.#waits = false
    if (this.#played > 0) this.#rises = this.#fade
    return true
  }

  #fill(pcm: Int16Array, written: number, ended: boolean): number {
    let filled = 0
    while (filled < pcm.length && this.#roundsLeft > 0) {
      const count = Math.min(pcm.length - filled, written - this.#at)
      for (let i = 0; i < count; i++) pcm[filled + i] = this.#samples[this.#at + i]!
      filled += count
      this.#at += count
      if (this.#at < written) continue
      if (!ended) {
        if (filled < pcm.length) this.#wait()
        return filled
      }
      this.#at = 0
      this.#roundsLeft = written === 0 ? 0 : this.#roundsLeft - 1
    }
    return filled
  }

  #wait(): void {
    this.#waits = true
    if (this.#played > 0) this.#gaps += 1
  }
}
