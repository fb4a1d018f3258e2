const rateHz = 8_000

/** How much of the energy of `pcm` lies at a frequency: 0 to 1 (discrete Fourier transform of one bin, Hann window). */
export function toneShare(pcm: Int16Array, frequencyHz: number): number {
  const step = (2 * Math.PI * frequencyHz) / rateHz
  const middle = (2 * Math.PI) / pcm.length
  let re = 0
  let im = 0
  let energy = 0
  pcm.forEach((sample, at) => {
    const weighed = sample * (1 - Math.cos(middle * at))
    re += weighed * Math.cos(step * at)
    im += weighed * Math.sin(step * at)
    energy += weighed ** 2
  })
  // A pure tone's own: its amplitude is spread by the window over the bins beside it.
  return energy === 0 ? 0 : (3 * (re * re + im * im)) / pcm.length / energy
}
