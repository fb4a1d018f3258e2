/** Windows short enough to see a change, long enough to tell tones 60 Hz apart. */
const windowSamples = 400
const rateHz = 8_000
/** A tone is what most of a window consists of. */
const leastShare = 0.6
const leastEnergy = windowSamples * 200 ** 2

/** How much of `pcm` is this tone, in milliseconds. */
export function toneMs(pcm: Int16Array, frequencyHz: number): number {
  return windows(pcm).filter((part) => isTone(part, frequencyHz)).length * windowMs
}

/** Milliseconds of sound that is none of these tones. */
export function otherSoundMs(pcm: Int16Array, frequenciesHz: readonly number[]): number {
  const other = windows(pcm).filter(
    (part) => energyOf(part) > leastEnergy && !frequenciesHz.some((hz) => isTone(part, hz)),
  )
  return other.length * windowMs
}

/** A steady tone, as somebody's voice. */
export function toneOf(frequencyHz: number, seconds: number): Int16Array {
  const step = (2 * Math.PI * frequencyHz) / rateHz
  return Int16Array.from({ length: seconds * rateHz }, (_, at) => 8_000 * Math.sin(step * at))
}

const windowMs = (windowSamples * 1_000) / rateHz

function windows(pcm: Int16Array): Int16Array[] {
  const count = Math.floor(pcm.length / windowSamples)
  return Array.from({ length: count }, (_, n) =>
    pcm.subarray(n * windowSamples, (n + 1) * windowSamples),
  )
}

const energyOf = (part: Int16Array): number => part.reduce((sum, one) => sum + one * one, 0)

/** The energy at a frequency (discrete Fourier transform of one bin) against that of the whole. */
function isTone(part: Int16Array, frequencyHz: number): boolean {
  const step = (2 * Math.PI * frequencyHz) / rateHz
  let re = 0
  let im = 0
  part.forEach((sample, at) => {
    re += sample * Math.cos(step * at)
    im += sample * Math.sin(step * at)
  })
  const energy = energyOf(part)
  return energy > leastEnergy && (2 * (re * re + im * im)) / part.length / energy > leastShare
}
