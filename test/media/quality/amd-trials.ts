import {
  type Answerer,
  AnswererDetector,
  type Detection,
  type DetectionOptions,
  usualDetection,
} from '../../../engine/dsp/amd.ts'
import type { Greeting } from './amd-greetings.ts'

const FRAME = 160

/** What the detector finds in a greeting; undefined: nothing as long as it was played. */
export function detect(
  { pcm }: Pick<Greeting, 'pcm'>,
  options: Partial<DetectionOptions> = {},
): Detection | undefined {
  const detector = new AnswererDetector({ ...usualDetection, ...options })
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
    detector.hear(pcm.subarray(at, at + FRAME))
    if (detector.detection) return detector.detection
  }
  return undefined
}

export const isMachine = (answerer: Answerer | undefined): boolean =>
  answerer?.startsWith('machine') === true

export interface Trial {
  readonly greeting: Greeting
  readonly known: Detection | undefined
  readonly messageEnd: Detection | undefined
}

export const trialOf = (greeting: Greeting): Trial => ({
  greeting,
  known: detect(greeting),
  messageEnd: greeting.who === 'machine' ? detect(greeting, { until: 'messageEnd' }) : undefined,
})

export function isRight({ greeting, known }: Trial): boolean {
  return greeting.who === 'human' ? known?.answerer === 'human' : isMachine(known?.answerer)
}

/** How late the end of a machine's message is told, after its beep, or its last word where it has none. */
export function endLateMs({ greeting, messageEnd }: Trial): number | undefined {
  const { beepEndMs, endMs } = greeting
  const wanted = beepEndMs > 0 ? 'machine_end_beep' : 'machine_end_silence'
  if (messageEnd?.answerer !== wanted) return undefined
  const lateMs = messageEnd.atMs - (beepEndMs > 0 ? beepEndMs : endMs)
  return lateMs >= -200 ? lateMs : undefined
}
