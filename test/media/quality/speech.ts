import { seededRandom } from '../../support/impairments.ts'

const FORMANTS = [
  [650, 1100, 2450],
  [300, 2300, 3000],
  [400, 800, 2250],
  [500, 1500, 2500],
  [350, 1000, 2300],
] as const

/**
 * Like speech, for machines without prompts: syllables of a gliding pitch between 90 and 220 Hz with three
 * formants, hissing in front of some, pauses between phrases, and a room behind it all.
 */
export function speech(seconds: number, rateHz: number, seed: number): Int16Array {
  const random = seededRandom(seed)
  const pcm = new Int16Array(seconds * rateHz)
  let at = 0
  let phase = 0
  while (at < pcm.length) {
    if (random() < 0.12) at += Math.floor((0.2 + 0.4 * random()) * rateHz)
    if (random() < 0.35) at = hiss(pcm, at, rateHz, random)
    const pitchHz = 90 + 110 * random()
    const glide = 0.85 + 0.3 * random()
    const formants = FORMANTS[Math.floor(random() * FORMANTS.length)]!
    const samples = Math.floor((0.1 + 0.15 * random()) * rateHz)
    const level = 1500 + 2500 * random()
    const gains = harmonics(pitchHz, formants, rateHz)
    for (let i = 0; i < samples && at < pcm.length; i++, at++) {
      const part = i / samples
      phase += (2 * Math.PI * pitchHz * (1 + (glide - 1) * part)) / rateHz
      let sum = 0
      for (let k = 0; k < gains.length; k++) sum += gains[k]! * Math.sin((k + 1) * phase)
      pcm[at] = level * Math.sin(Math.PI * part) ** 0.6 * sum
    }
  }
  for (let i = 0; i < pcm.length; i++) pcm[i] = pcm[i]! + 24 * (random() - 0.5)
  return pcm
}

function hiss(pcm: Int16Array, from: number, rateHz: number, random: () => number): number {
  const samples = Math.floor((0.05 + 0.06 * random()) * rateHz)
  let before = 0
  let at = from
  for (let i = 0; i < samples && at < pcm.length; i++, at++) {
    const white = random() - 0.5
    pcm[at] = 2500 * Math.sin((Math.PI * i) / samples) * (white - before)
    before = white
  }
  return at
}

function harmonics(pitchHz: number, formants: readonly number[], rateHz: number): number[] {
  const count = Math.floor(Math.min(3600, rateHz * 0.45) / pitchHz)
  return Array.from({ length: count }, (_, k) => {
    const hz = (k + 1) * pitchHz
    return formants.reduce((sum, f, n) => sum + 1 / (1 + ((hz - f) / 90) ** 2) / (n + 1), 0.02)
  })
}

/** A steady tone: the sound in which a step is heard best. */
export function tone(
  hz: number,
  seconds: number,
  rateHz: number,
  amplitude: number = 8000,
): Int16Array {
  return Int16Array.from(
    { length: seconds * rateHz },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz),
  )
}

/** The greatest step between two samples beyond what a tone of that kind has itself, in dBFS. */
export function clickDbfs(
  pcm: Int16Array,
  hz: number,
  rateHz: number,
  amplitude: number = 8000,
): number {
  const slope = (amplitude * 2 * Math.PI * hz) / rateHz
  let most = 0
  for (let i = 1; i < pcm.length; i++) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!))
  return 20 * Math.log10(Math.max(1, most - slope) / 32_768)
}
