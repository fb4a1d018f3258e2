import { type DetectionTime, detectionLimits, type MachineDetection } from '../../core/answerer.ts'
import { integer, type Reading } from './reading.ts'
import type { TwimlElement } from './tree.ts'

const times = {
  machineDetectionTimeout: 'timeoutMs',
  machineDetectionSpeechThreshold: 'speechThresholdMs',
  machineDetectionSpeechEndThreshold: 'speechEndThresholdMs',
  machineDetectionSilenceTimeout: 'silenceTimeoutMs',
} as const satisfies Readonly<Record<string, DetectionTime>>
const names = Object.entries(times) as [keyof typeof times, DetectionTime][]

export const detectionAttributes = [
  ...['machineDetection', 'amdStatusCallback', 'amdStatusCallbackMethod'],
  ...Object.keys(times),
]

const modes: Readonly<Record<string, MachineDetection['until']>> = {
  enable: 'known',
  detectmessageend: 'messageEnd',
}

/** Who has answered is found out while the two talk already: nobody waits for it. */
export function detectionOf(element: TwimlElement, reading: Reading): MachineDetection | undefined {
  const text = element.attributes.get('machineDetection')?.trim().toLowerCase()
  if (text === undefined || text === 'none' || text === '') return undefined
  const until = Object.hasOwn(modes, text) ? modes[text] : undefined
  if (until === undefined) {
    reading.warn(element, 'machineDetection must be Enable or DetectMessageEnd, left out')
    return undefined
  }
  const said = names.flatMap(([name, ours]) => {
    const value = timeOf(element, name, ours, reading)
    return value === undefined ? [] : [[ours, value] as const]
  })
  return { until, isAsync: true, ...Object.fromEntries(said) }
}

/** Milliseconds; the time of all is in seconds. */
function timeOf(
  element: TwimlElement,
  name: string,
  ours: DetectionTime,
  reading: Reading,
): number | undefined {
  const [least, most] = detectionLimits[ours]
  const unitMs = ours === 'timeoutMs' ? 1_000 : 1
  const limits = [Math.ceil(least / unitMs), Math.floor(most / unitMs)] as const
  const value = integer(element, name, reading, limits)
  return value === undefined ? undefined : value * unitMs
}
