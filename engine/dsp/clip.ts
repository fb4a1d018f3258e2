/** Rounds and limits to 16 bits: loud sums clamp at full scale, they never wrap. */
export function clip16(value: number): number {
  return Math.round(Math.min(32767, Math.max(-32768, value)))
}
