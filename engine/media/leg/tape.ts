import type { RecordLayout, RecordMode } from '../../core/ports/media.ts'
import type { RecordingSpan } from '../../core/ports/recordings.ts'
import { clip16 } from '../../dsp/clip.ts'
import { ALIGNED_MS, Aligner, UNKNOWN_DELAY } from './aligner.ts'
import { FRAME_MS, frameSamples, type PcmRateHz } from './codec.ts'
import { FrameConverter } from './frame-converter.ts'
import type { Recorder } from './recorder.ts'

/** Of what a recording is masked with: heard, but not loud. */
const TONE_HZ = 1000
const TONE_AMPLITUDE = 1600

/** Where a recording stands, so that another thread goes on with it. */
export interface TapeState {
  readonly mode: RecordMode
  /** Of 20 ms, in the file. */
  readonly ticks: number
  readonly spans: readonly RecordingSpan[]
  /** The mode has held for so many ticks, from there on in the file. */
  readonly heldTicks: number
  readonly heldFromMs: number
}

export const freshTape: TapeState = {
  ...{ mode: 'running', ticks: 0, spans: [], heldTicks: 0, heldFromMs: 0 },
}

/** Where it stands so many ticks later, if nobody wrote it meanwhile. */
export function tapeLater(state: TapeState, ticks: number): TapeState {
  const { mode } = state
  return {
    ...state,
    ticks: state.ticks + (mode === 'paused' ? 0 : ticks),
    heldTicks: state.heldTicks + (mode === 'running' ? 0 : ticks),
  }
}

export const inOrder = (spans: readonly RecordingSpan[]): readonly RecordingSpan[] =>
  spans.toSorted((a, b) => a.startMs - b.startMs)

/** What waits to be aligned: as much is left out at the beginning, and comes at the end. */
const ALIGNED_TICKS = ALIGNED_MS / FRAME_MS

export const channelsOf = (layout: RecordLayout): 1 | 2 =>
  layout === 'receivedLeft' || layout === 'sentLeft' ? 2 : 1

/** Both sides of a leg on their way to a recorder. Allocates nothing in the tick. */
export class Tape {
  readonly #recorder: Recorder
  readonly #layout: RecordLayout
  readonly #rateHz: PcmRateHz
  readonly #samples: number
  readonly #silence: Int16Array
  readonly #tone: Int16Array
  readonly #mix: Int16Array
  #mode: RecordMode
  #ticks: number
  #spans: readonly RecordingSpan[]
  #heldTicks: number
  #heldFromMs: number
  /** Of the peer, and of what it hears; of one side alone there is nothing to be aligned with. */
  readonly #ofPeer: Aligner | undefined
  readonly #ofOther: Aligner | undefined
  #leftOut = 0
  #heard: FrameConverter
  #said: FrameConverter

  /** `rateHz`: of the recording, whatever that of the leg is. */
  constructor(
    recorder: Recorder,
    layout: RecordLayout,
    rateHz: PcmRateHz = 8000,
    state: TapeState = freshTape,
  ) {
    this.#recorder = recorder
    this.#layout = layout
    this.#rateHz = rateHz
    this.#samples = frameSamples(rateHz)
    this.#silence = new Int16Array(this.#samples)
    this.#mix = new Int16Array(this.#samples)
    // A whole number of its waves is in a frame: one follows the other without a jump.
    this.#tone = Int16Array.from(
      this.#silence,
      (_, i) => TONE_AMPLITUDE * Math.sin((2 * Math.PI * TONE_HZ * i) / rateHz),
    )
    this.#mode = state.mode
    this.#ticks = state.ticks
    this.#spans = state.spans
    this.#heldTicks = state.heldTicks
    this.#heldFromMs = state.heldFromMs
    if (layout !== 'received' && layout !== 'sent') {
      this.#ofPeer = new Aligner(rateHz)
      this.#ofOther = new Aligner(rateHz)
    }
    this.#heard = new FrameConverter(rateHz, rateHz)
    this.#said = new FrameConverter(rateHz, rateHz)
  }

  get mode(): RecordMode {
    return this.#mode
  }

  set mode(mode: RecordMode) {
    if (mode === this.#mode) return
    this.#spans = this.spans
    this.#heldTicks = 0
    this.#mode = mode
    this.#heldFromMs = this.#positionMs(Math.min)
  }

  /** Where in the file that is which comes now; the two sides may have waited for different times. */
  #positionMs(choose: (a: number, b: number) => number): number {
    const ms = this.#ticks * FRAME_MS
    if (!this.#ofPeer || !this.#ofOther) return ms
    const waiting = choose(this.#ofPeer.waitingMs, this.#ofOther.waitingMs)
    return Math.max(0, Math.round(ms - ALIGNED_MS + waiting))
  }

  /** So far; one that has begun ends now. */
  get spans(): readonly RecordingSpan[] {
    if (this.#mode === 'running' || this.#heldTicks === 0) return this.#spans
    return inOrder([...this.#spans, this.#span()])
  }

  /** What stands there in the file is silence, as nobody wrote it. */
  lose(startMs: number, endMs: number): void {
    this.#spans = inOrder([...this.#spans, { kind: 'lost', startMs, endMs }])
  }

  #span(): RecordingSpan {
    const startMs = this.#heldFromMs
    const heldMs = this.#heldTicks * FRAME_MS
    if (this.#mode === 'paused') return { kind: 'paused', startMs, endMs: startMs, heldMs }
    return { kind: 'masked', startMs, endMs: Math.max(startMs, this.#positionMs(Math.max)) }
  }

  /** With the mode that holds now told too, however new it is: what a crash would leave of it. */
  get spansToKeep(): readonly RecordingSpan[] {
    return this.#mode === 'running' ? this.#spans : inOrder([...this.#spans, this.#span()])
  }

  get state(): TapeState {
    return {
      ...{ mode: this.#mode, ticks: this.#ticks },
      ...{ spans: this.#spans, heldTicks: this.#heldTicks, heldFromMs: this.#heldFromMs },
    }
  }

  /** The leg's rate from now on. */
  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.#heard.fromHz) return
    this.#heard = new FrameConverter(rateHz, this.#rateHz)
    this.#said = new FrameConverter(rateHz, this.#rateHz)
  }

  /** The two sides of a tick, and how much later each is heard than it could be (Receiver.delay). */
  write(
    heard: Int16Array,
    said: Int16Array,
    heardDelay = UNKNOWN_DELAY,
    saidDelay = UNKNOWN_DELAY,
  ): void {
    if (this.#isCovered()) return
    this.#put(this.#heard.convert(heard), this.#said.convert(said), heardDelay, saidDelay)
  }

  /** A key is pressed in this tick. */
  hush(): void {
    if (this.#mode !== 'paused') this.#recorder.hush?.()
  }

  /** So many ticks were left out. */
  skip(ticks: number): void {
    for (let n = 0; n < ticks; n++) {
      if (!this.#isCovered()) this.#put(this.#silence, this.#silence)
    }
  }

  /** The rest of what was heard; nothing follows. */
  finish(): void {
    if (!this.#ofPeer) return
    const left = this.#leftOut
    this.#leftOut = ALIGNED_TICKS
    const early = ALIGNED_TICKS - left
    for (let n = 0; n < early; n++) this.#skipOne()
    for (let n = 0; n < left; n++) this.#pass(this.#silence, this.#silence)
  }

  #skipOne(): void {
    this.#ofPeer?.pass(this.#silence, UNKNOWN_DELAY)
    this.#ofOther?.pass(this.#silence, UNKNOWN_DELAY)
  }

  /** What is heard in this tick is not for the recording. */
  #isCovered(): boolean {
    if (this.#mode === 'running') return false
    this.#heldTicks += 1
    if (this.#mode === 'masked') this.#put(this.#silence, this.#silence)
    else if (this.#mode === 'toned') this.#put(this.#tone, this.#tone)
    return true
  }

  #put(
    received: Int16Array,
    sent: Int16Array,
    receivedDelay = UNKNOWN_DELAY,
    sentDelay = UNKNOWN_DELAY,
  ): void {
    this.#ticks += 1
    this.#pass(received, sent, receivedDelay, sentDelay)
  }

  #pass(
    received: Int16Array,
    sent: Int16Array,
    receivedDelay = UNKNOWN_DELAY,
    sentDelay = UNKNOWN_DELAY,
  ): void {
    if (!this.#ofPeer || !this.#ofOther) {
      this.#arrange(received, sent)
      return
    }
    const peer = this.#ofPeer.pass(received, receivedDelay)
    const other = this.#ofOther.pass(sent, sentDelay)
    if (this.#leftOut < ALIGNED_TICKS) this.#leftOut += 1
    else this.#arrange(peer, other)
  }

  #arrange(received: Int16Array, sent: Int16Array): void {
    const layout = this.#layout
    if (layout === 'receivedLeft') this.#recorder.write(received, sent, this.#samples)
    else if (layout === 'sentLeft') this.#recorder.write(sent, received, this.#samples)
    else if (layout === 'received') this.#recorder.write(received, received, this.#samples)
    else if (layout === 'sent') this.#recorder.write(sent, sent, this.#samples)
    else this.#recorder.write(this.#mixed(received, sent), this.#silence, this.#samples)
  }

  #mixed(received: Int16Array, sent: Int16Array): Int16Array {
    const mix = this.#mix
    for (let i = 0; i < mix.length; i++) mix[i] = clip16(received[i]! + sent[i]!)
    return mix
  }
}
