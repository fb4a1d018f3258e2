/** Sines, and what is left of them. */

/** 0 dBm0 is 3.14 dB below a sine at full scale in both laws of G.711 (near enough in mu-law). */
const FULL_SCALE_DBM0 = 3.14

export const sine = (hz: number, rateHz: number, samples: number, amplitude = 26_000): Int16Array =>
  Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  )

export const amplitudeAt = (levelDbm0: number): number =>
  Math.min(32_767, 32_768 * 10 ** ((levelDbm0 - FULL_SCALE_DBM0) / 20))

export interface Stretch {
  readonly from: number
  readonly samples: number
}

/** Of the best-fitting sine: its power, and that of all the rest; `samples` hold whole periods. */
function split(pcm: Int16Array, hz: number, rateHz: number, { from, samples }: Stretch) {
  const angle = (i: number): number => (2 * Math.PI * hz * i) / rateHz
  let [inPhase, quadrature] = [0, 0]
  for (let i = from; i < from + samples; i++) {
    inPhase += (pcm[i]! * Math.cos(angle(i)) * 2) / samples
    quadrature += (pcm[i]! * Math.sin(angle(i)) * 2) / samples
  }
  let [signal, rest] = [0, 0]
  for (let i = from; i < from + samples; i++) {
    const fit = inPhase * Math.cos(angle(i)) + quadrature * Math.sin(angle(i))
    signal += fit * fit
    rest += (pcm[i]! - fit) ** 2
  }
  return { signal, rest }
}

/** Signal to noise and distortion, dB. */
export function sinadDb(pcm: Int16Array, hz: number, rateHz: number, where: Stretch): number {
  const { signal, rest } = split(pcm, hz, rateHz, where)
  return 10 * Math.log10(signal / rest)
}

/** Of a tone of that frequency, to a sine of that amplitude, dB. */
export function toneDb(
  pcm: Int16Array,
  hz: number,
  rateHz: number,
  where: Stretch,
  amplitude: number,
): number {
  const { signal } = split(pcm, hz, rateHz, where)
  const level = Math.sqrt((2 * signal) / where.samples)
  return 20 * Math.log10(Math.max(level, 1e-3) / amplitude)
}

/** Mean power in dBFS; -200 is nothing. */
export function powerDb(pcm: Int16Array, from = 0, to = pcm.length): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += pcm[i]! ** 2
  return 10 * Math.log10(sum / Math.max(1, to - from) / 32_768 ** 2 + 1e-20)
}
