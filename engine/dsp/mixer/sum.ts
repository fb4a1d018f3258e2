/**
 * Makes a voice's share of a sum: `pcm` with a gain that moves in a line from `gains[0]` to `gains[1]` over the frame.
 * With both 1 it is exactly `pcm`. Gains come in an array, as numbers that are passed on would be allocated.
 */
export function shareOf(
  pcm: Int16Array,
  samples: number,
  gains: Float64Array,
  share: Int32Array,
): void {
  const from = gains[0]!
  const step = (gains[1]! - from) / samples
  if (from === 1 && step === 0) {
    for (let i = 0; i < samples; i++) share[i] = pcm[i]!
    return
  }
  for (let i = 0; i < samples; i++) share[i] = Math.round(pcm[i]! * (from + step * (i + 1)))
}

/** Turns a sum up or down, with a gain that moves in a line from `gains[0]` to `gains[1]`. */
export function scale(sum: Int32Array, samples: number, gains: Float64Array): void {
  const from = gains[0]!
  const step = (gains[1]! - from) / samples
  if (from === 1 && step === 0) return
  for (let i = 0; i < samples; i++) sum[i] = Math.round(sum[i]! * (from + step * (i + 1)))
}

export function add(sum: Int32Array, share: Int32Array | Int16Array, samples: number): void {
  for (let i = 0; i < samples; i++) sum[i]! += share[i]!
}

/** `mix` is `sum` without `share`. */
export function without(
  sum: Int32Array,
  share: Int32Array,
  samples: number,
  mix: Int32Array,
): void {
  for (let i = 0; i < samples; i++) mix[i] = sum[i]! - share[i]!
}

/** Mean square of a frame, as a share of that of a full-scale square wave, to `power[slot]`. */
export function measurePower(
  pcm: Int16Array,
  samples: number,
  power: Float64Array,
  slot: number,
): void {
  let squares = 0
  for (let i = 0; i < samples; i++) squares += pcm[i]! * pcm[i]!
  power[slot] = squares / samples / (32_768 * 32_768)
}
