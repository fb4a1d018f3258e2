const FULL = 32_767
/** From here on, peaks are rounded off instead of being cut: -3 dBFS. */
const KNEE = 23_197

/** Applies a gain; peaks that would be cut off are rounded off. */
export async function* loudened(
  sound: AsyncIterable<Int16Array>,
  gain: number,
): AsyncGenerator<Int16Array, void, undefined> {
  for await (const samples of sound) yield gain === 1 ? samples : amplified(samples, gain)
}

export function amplified(samples: Int16Array, gain: number): Int16Array {
  return samples.map((sample) => rounded(sample * gain))
}

function rounded(value: number): number {
  const size = Math.abs(value)
  if (size <= KNEE) return Math.round(value)
  const room = FULL - KNEE
  const over = KNEE + room * Math.tanh((size - KNEE) / room)
  return Math.round(value < 0 ? -over : over)
}
