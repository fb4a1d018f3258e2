/** Who has answered a call, as far as its sound tells. */
export const answerers = [
  'human',
  'machine_start',
  'machine_end_beep',
  'machine_end_silence',
  'fax',
  'unknown',
] as const
export type Answerer = (typeof answerers)[number]

/** The same in one of three words. */
export const kindOfAnswerer = (answerer: Answerer): 'human' | 'machine' | 'unknown' => {
  if (answerer === 'human' || answerer === 'unknown') return answerer
  return 'machine'
}

/** How it is found out who has answered; what is not said is as usual (usualDetection). */
export interface MachineDetection {
  /** `messageEnd`: of a machine nothing is told before its greeting is over. */
  readonly until: 'known' | 'messageEnd'
  /** What the call is to do begins at once, and not only when it is known who has answered. */
  readonly isAsync: boolean
  readonly timeoutMs?: number
  /** Whoever speaks for longer than this, pauses included, is a machine. */
  readonly speechThresholdMs?: number
  /** Whoever pauses for longer than this after speaking has ended. */
  readonly speechEndThresholdMs?: number
  /** Who says nothing for so long is `unknown`. */
  readonly silenceTimeoutMs?: number
  /** A greeting without a beep is over after so much silence. */
  readonly messageEndSilenceMs?: number
}

/** What may be said of each, in milliseconds: least, most, and what it is when it is not said. */
export const detectionLimits = {
  timeoutMs: [3000, 59_000, 30_000],
  speechThresholdMs: [1000, 6000, 2400],
  speechEndThresholdMs: [500, 5000, 1200],
  silenceTimeoutMs: [2000, 10_000, 5000],
  messageEndSilenceMs: [500, 10_000, 2000],
} as const satisfies Readonly<Record<DetectionTime, readonly [number, number, number]>>
export type DetectionTime = Exclude<keyof MachineDetection, 'until' | 'isAsync'>

/** What was found, so long after the sound began. */
export interface Detection {
  readonly answerer: Answerer
  readonly atMs: number
  /** Before anybody spoke, and from then on to the last word so far. */
  readonly initialSilenceMs: number
  readonly greetingMs: number
}
