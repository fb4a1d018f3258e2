import type { Detection, DetectionOptions } from '../../dsp/amd.ts'
import { StreamTap } from '../stream/stream-tap.ts'
import type { StreamTerms } from '../stream/terms.ts'
import { AnswererTap } from './answerer-tap.ts'
import type { PcmRateHz } from './codec.ts'
import type { Tape } from './tape.ts'

/**
 * Who hears both sides of a leg beside its phone, recordings and applications, some of which speak into it too.
 * Allocates nothing in the tick.
 */
export class Taps {
  readonly #changed: () => void
  readonly #streams: StreamTap[] = []
  readonly #tapes: Tape[] = []
  #answerer: AnswererTap | undefined
  #rateHz: PcmRateHz = 8000
  /** One of the streams speaks in this tick. */
  #isSpeaking = false

  /** `changed`: who hears has changed, outside of the tick. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Somebody needs the samples of both sides. */
  get listens(): boolean {
    if (this.#tapes.length > 0 || this.#answerer) return true
    for (let i = 0; i < this.#streams.length; i++) if (this.#streams[i]!.listens) return true
    return false
  }

  get isSpeaking(): boolean {
    return this.#isSpeaking
  }

  record(tape: Tape): void {
    tape.tune(this.#rateHz)
    this.#tapes.push(tape)
    this.#changed()
  }

  /** Takes the tape off; the caller closes its recorder. */
  unrecord(tape: Tape): void {
    const at = this.#tapes.indexOf(tape)
    if (at >= 0) this.#tapes.splice(at, 1)
    this.#changed()
  }

  /** Finds out who has answered. As AnswererTap.found. */
  detect(options: DetectionOptions): Promise<Detection | null> {
    this.#answerer?.close()
    const answerer = new AnswererTap(options, this.#rateHz)
    this.#answerer = answerer
    this.#changed()
    void answerer.found.then(() => {
      if (this.#answerer === answerer) this.#answerer = undefined
      this.#changed()
    })
    return answerer.found
  }

  /** Nothing, when a stream of this id is there. */
  open(terms: StreamTerms): void {
    if (this.#streams.some((stream) => stream.terms.id === terms.id)) return
    this.#streams.push(new StreamTap(terms, this.#rateHz))
    this.#changed()
  }

  shut(id: number): void {
    const at = this.#streams.findIndex((stream) => stream.terms.id === id)
    if (at < 0) return
    this.#streams.splice(at, 1)[0]?.close()
    this.#isSpeaking = this.#streams.some((stream) => stream.isSpeaking)
    this.#changed()
  }

  /** With which another leg can go on. */
  get terms(): readonly StreamTerms[] {
    return this.#streams.map((stream) => stream.terms)
  }

  /** At the beginning of a tick. */
  attend(): void {
    this.#isSpeaking = false
    for (let i = 0; i < this.#streams.length; i++) {
      const stream = this.#streams[i]!
      stream.attend()
      if (stream.isSpeaking) this.#isSpeaking = true
    }
  }

  /** What the streams say, into what the phone is to hear; false when they say nothing. */
  speak(said: Int16Array): boolean {
    if (!this.#isSpeaking) return false
    for (let i = 0; i < this.#streams.length; i++) {
      const stream = this.#streams[i]!
      if (stream.isSpeaking) stream.speak(said)
    }
    return true
  }

  /** The two sides of this tick, and how much later than they could be they are heard (Receiver.delay). */
  write(heard: Int16Array, said: Int16Array, heardDelay = -1, saidDelay = -1): void {
    for (let i = 0; i < this.#tapes.length; i++) {
      this.#tapes[i]!.write(heard, said, heardDelay, saidDelay)
    }
    this.#answerer?.hear(heard)
    for (let i = 0; i < this.#streams.length; i++) this.#streams[i]!.write(heard, said)
  }

  /** A key of the phone, or for it, is pressed in this tick. */
  hush(): void {
    for (let i = 0; i < this.#tapes.length; i++) this.#tapes[i]!.hush()
  }

  /** So many ticks were left out. */
  skip(ticks: number): void {
    for (let i = 0; i < this.#tapes.length; i++) this.#tapes[i]!.skip(ticks)
    for (let i = 0; i < this.#streams.length; i++) this.#streams[i]!.skip(ticks)
  }

  /** The leg's rate from now on. */
  tune(rateHz: PcmRateHz): void {
    this.#rateHz = rateHz
    for (const tape of this.#tapes) tape.tune(rateHz)
    this.#answerer?.tune(rateHz)
    for (const stream of this.#streams) stream.tune(rateHz)
  }

  close(): void {
    this.#answerer?.close()
    this.#answerer = undefined
    for (const stream of this.#streams.splice(0)) stream.close()
    this.#isSpeaking = false
  }
}
