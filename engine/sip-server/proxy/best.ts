/** Which of two final responses a caller should rather see (RFC 3261 section 16.7 item 6). */
const askAgain = new Set([401, 407, 415, 420, 484])

const rank = (status: number): number => {
  if (status >= 600) return 5
  if (askAgain.has(status)) return 4
  if (status >= 300 && status < 400) return 3
  if (status < 500) return 2
  return 1
}

/** True if `status` is at least as good an answer as the best so far. */
export const isBetter = (status: number, best: number | undefined): boolean =>
  best === undefined || rank(status) >= rank(best)
