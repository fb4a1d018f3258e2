import { readFileSync } from 'node:fs'
import { readWav } from '../../engine/dsp/wav.ts'

/** The first channel of a WAV at 8 kHz, for which every n-th sample will do: what is heard there is lower. */
export function heardIn(path: string): Int16Array {
  const { rateHz, samples } = readWav(readFileSync(path))
  return samples[0]!.filter((_, at) => at % (rateHz / 8_000) === 0)
}
