/** Pauses that double, up to a longest one. */
export function pauseAfter(
  attempts: number,
  { firstMs, longestMs }: { readonly firstMs: number; readonly longestMs: number },
): number {
  return Math.min(firstMs * 2 ** Math.min(attempts - 1, 20), longestMs)
}
