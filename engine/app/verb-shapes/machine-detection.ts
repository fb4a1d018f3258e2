import { type Static, Type } from 'typebox'
import { type DetectionTime, detectionLimits, type MachineDetection } from '../../core/answerer.ts'

const milliseconds = (of: DetectionTime, description: string) => {
  const [minimum, maximum, byDefault] = detectionLimits[of]
  const limits = { minimum, maximum, default: byDefault }
  return Type.Optional(Type.Integer({ ...limits, description: `Milliseconds. ${description}` }))
}

/** Whether a person or a machine answers is to be found out, and how. */
export const machineDetectionSchema = Type.Object(
  {
    mode: Type.Unsafe<'enable' | 'detect_message_end'>({
      ...{ type: 'string', enum: ['enable', 'detect_message_end'] },
      description:
        'enable: told as soon as it is known; detect_message_end: of a machine only when its greeting is over, by a beep or silence',
    }),
    async: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'true: what the call does begins at once, and not only when it is known',
      }),
    ),
    timeout_ms: milliseconds('timeoutMs', 'After this it is unknown'),
    speech_threshold_ms: milliseconds(
      'speechThresholdMs',
      'Whoever speaks for longer, pauses included, is a machine',
    ),
    speech_end_threshold_ms: milliseconds(
      'speechEndThresholdMs',
      'Whoever is silent for longer after speaking has said what there was to say',
    ),
    silence_timeout_ms: milliseconds('silenceTimeoutMs', 'Who says nothing for so long is unknown'),
    message_end_silence_ms: milliseconds(
      'messageEndSilenceMs',
      'A greeting without a beep is over after so much silence',
    ),
  },
  {
    additionalProperties: false,
    description:
      'Finds out by the sound of whoever answers whether it is a person or a machine: answered_by of the call, and an event call.answered-by',
  },
)

/** Names of the engine, by those of documents. */
const times = {
  timeout_ms: 'timeoutMs',
  speech_threshold_ms: 'speechThresholdMs',
  speech_end_threshold_ms: 'speechEndThresholdMs',
  silence_timeout_ms: 'silenceTimeoutMs',
  message_end_silence_ms: 'messageEndSilenceMs',
} as const satisfies Readonly<Record<string, DetectionTime>>
const names = Object.entries(times) as [keyof typeof times, DetectionTime][]

export type DetectionDocument = Static<typeof machineDetectionSchema>

export function readDetection(given: DetectionDocument): MachineDetection {
  const said = names.flatMap(([name, ours]) => {
    const value = given[name]
    return value === undefined ? [] : [[ours, value] as const]
  })
  return {
    until: given.mode === 'enable' ? 'known' : 'messageEnd',
    isAsync: given.async ?? false,
    ...Object.fromEntries(said),
  }
}

/** The reverse of `readDetection`. */
export function writeDetection(detection: MachineDetection): DetectionDocument {
  const said = names.flatMap(([name, ours]) => {
    const value = detection[ours]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    mode: detection.until === 'known' ? 'enable' : 'detect_message_end',
    ...(detection.isAsync && { async: true }),
    ...Object.fromEntries(said),
  }
}
