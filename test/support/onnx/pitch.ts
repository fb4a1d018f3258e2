/** Pitch of each stretch of so many samples, by its crossings of zero; 0: silence. Right to about 15 Hz in 80 ms. */
export function pitchesOf(samples: Int16Array, rateHz: number, stretch: number): number[] {
  return Array.from({ length: Math.floor(samples.length / stretch) }, (_, n) => {
    const part = samples.subarray(n * stretch, (n + 1) * stretch)
    let first = -1
    let last = -1
    let rises = 0
    for (let i = 1; i < part.length; i++) {
      const [before = 0, now = 0] = [part[i - 1], part[i]]
      if (before >= 0 || now < 0) continue
      const at = i - now / (now - before)
      if (first < 0) first = at
      last = at
      rises += 1
    }
    return rises < 2 ? 0 : ((rises - 1) * rateHz) / (last - first)
  })
}
