/** A short rising sound (chirp), which looks like itself at one shift only. */
export function chirp(rateHz: number, lengthMs = 10, fromHz = 500, toHz = 2500): Float32Array {
  const out = new Float32Array(Math.round((rateHz * lengthMs) / 1000))
  for (let at = 0; at < out.length; at++) {
    const share = at / out.length
    const turns = (lengthMs / 1000) * (fromHz * share + ((toHz - fromHz) * share * share) / 2)
    out[at] = 0.5 * Math.sin(Math.PI * share) * Math.sin(2 * Math.PI * turns)
  }
  return out
}

/** Places where a sound begins after silence of `quiet` samples. */
export function onsets(signal: Float32Array, quiet: number, threshold = 0.01): number[] {
  const found: number[] = []
  let last = Number.NEGATIVE_INFINITY
  for (let at = 0; at < signal.length; at++) {
    if (Math.abs(signal[at] ?? 0) < threshold) continue
    if (at - last > quiet) found.push(at)
    last = at
  }
  return found
}

/**
 * How many samples later than at `at` the `length` samples of `reference` are in `heard`: where the normalized
 * cross-correlation is largest; undefined when nothing within `most` is like it (below 0.5), or when the end is near.
 */
export function lagOf(
  reference: Float32Array,
  heard: Float32Array,
  at: number,
  length: number,
  most: number,
): number | undefined {
  if (at + length + most > Math.min(reference.length, heard.length)) return undefined
  const sound = reference.subarray(at, at + length)
  const own = energy(sound)
  let best = 0.5
  let found: number | undefined
  for (let lag = 0; lag < most; lag++) {
    let product = 0
    let other = 0
    for (let n = 0; n < length; n++) {
      const sample = heard[at + lag + n] ?? 0
      product += (sound[n] ?? 0) * sample
      other += sample * sample
    }
    // What is far quieter than the sound is noise that happens to be like it.
    if (other < own * 1e-4) continue
    const likeness = Math.abs(product) / Math.sqrt(own * other)
    if (likeness <= best) continue
    best = likeness
    found = lag
  }
  return found
}

function energy(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return sum
}
