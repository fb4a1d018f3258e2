import { BeepWatch } from './answerer/beep-watch.ts'
import { levelStep } from './answerer/level-step.ts'
import { FRAME_MS, SpeechParts } from './answerer/speech-parts.ts'

/** Who has answered, and how far a machine's greeting had come when that was told. */
export type Answerer =
  | 'human'
  | 'machine_start'
  | 'machine_end_beep'
  | 'machine_end_silence'
  | 'fax'
  | 'unknown'

export interface DetectionOptions {
  /** `messageEnd`: of a machine nothing is told before its greeting is over. */
  readonly until: 'known' | 'messageEnd'
  /** After this it is `unknown`, or, where only the end of a greeting is waited for, `machine_start`. */
  readonly timeoutMs: number
  /** Whoever speaks for longer than this, pauses included, is a machine. */
  readonly speechThresholdMs: number
  /** Whoever pauses for longer than this after speaking has ended. */
  readonly speechEndThresholdMs: number
  /** Who says nothing for so long is `unknown`. */
  readonly silenceTimeoutMs: number
  /** A greeting without a beep is over after so much silence. */
  readonly messageEndSilenceMs: number
}

export const usualDetection: DetectionOptions = {
  until: 'known',
  timeoutMs: 30_000,
  speechThresholdMs: 2400,
  speechEndThresholdMs: 1200,
  silenceTimeoutMs: 5000,
  messageEndSilenceMs: 2000,
}

/** What was found, after so long. */
export interface Detection {
  readonly answerer: Answerer
  readonly atMs: number
  /** Before anybody spoke, and from then on to the last word so far. */
  readonly initialSilenceMs: number
  readonly greetingMs: number
}

/** How often it is decided, in frames. */
const LOOK_EVERY = 3
/**
 * Listens to whoever has answered, 20 ms of 8 kHz a time, and tells a person, who says a word or two and then waits,
 * from a machine, which goes on; and when the machine's greeting is over. By the length of speech, pauses and beeps;
 * words are not known to it. Allocates nothing per frame.
 */
export class AnswererDetector {
  readonly #options: DetectionOptions
  readonly #parts = new SpeechParts()
  readonly #beep = new BeepWatch(this.#parts)
  #isMachine = false
  #untilLook = LOOK_EVERY
  #detection: Detection | undefined

  constructor(options: DetectionOptions) {
    this.#options = options
  }

  /** What was found; undefined while it is not known. */
  get detection(): Detection | undefined {
    return this.#detection
  }

  hear(frame: Int16Array): void {
    if (this.#detection) return
    const level = levelStep(frame)
    this.#parts.add(level)
    this.#beep.hear(frame, level)
    this.#untilLook -= 1
    if (this.#untilLook > 0 && !this.#beep.ended) return
    this.#untilLook = LOOK_EVERY
    this.#parts.look()
    const answerer = this.#decide()
    if (answerer) this.#found(answerer)
  }

  #decide(): Answerer | undefined {
    const { frames, before, greeting } = this.#parts
    const nowMs = frames * FRAME_MS
    const { timeoutMs, silenceTimeoutMs, until } = this.#options
    if (this.#beep.isFax) return 'fax'
    if (!this.#isMachine) {
      const kind = this.#kind()
      if (kind === 'human') return kind
      this.#isMachine = kind === 'machine'
      if (this.#isMachine && until === 'known') return 'machine_start'
    }
    if (this.#isMachine)
      return this.#messageEnd() ?? (nowMs >= timeoutMs ? 'machine_start' : undefined)
    if (greeting === 0 && before * FRAME_MS >= silenceTimeoutMs) return 'unknown'
    return nowMs >= timeoutMs ? 'unknown' : undefined
  }

  #kind(): 'human' | 'machine' | undefined {
    const { greeting, after } = this.#parts
    const { speechThresholdMs, speechEndThresholdMs } = this.#options
    // People don't beep.
    if (this.#beep.ended) return 'machine'
    if (this.#beep.isUnderWay) return undefined
    if (greeting === 0) return undefined
    if (greeting * FRAME_MS >= speechThresholdMs) return 'machine'
    return after * FRAME_MS >= speechEndThresholdMs ? 'human' : undefined
  }

  #messageEnd(): Answerer | undefined {
    if (this.#beep.ended) return 'machine_end_beep'
    const { after, greeting } = this.#parts
    if (this.#beep.isUnderWay || greeting === 0) return undefined
    return after * FRAME_MS >= this.#options.messageEndSilenceMs ? 'machine_end_silence' : undefined
  }

  #found(answerer: Answerer): void {
    const { frames, before, greeting } = this.#parts
    this.#detection = {
      answerer,
      atMs: frames * FRAME_MS,
      initialSilenceMs: before * FRAME_MS,
      greetingMs: greeting * FRAME_MS,
    }
  }
}
