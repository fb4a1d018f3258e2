/** Shannon entropy of all their bytes, in bits per byte: 8 for what looks like chance. */
export function entropyOf(parts: readonly Uint8Array[]): number {
  const counts = new Map<number, number>()
  let total = 0
  for (const part of parts) {
    total += part.length
    for (const byte of part) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  }
  return [...counts.values()].reduce(
    (bits, count) => bits - (count / total) * Math.log2(count / total),
    0,
  )
}
